"""Who may have sent an entry under an epoch (section 8.3, step 4)."""

from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import Epoch
from hearth.sealed.person.people import People


def check_sender(people: People, epoch: Epoch, user: int, device: bytes) -> bytes:
    """Return the Ed25519 key of a device that may write under an epoch (step 4).

    Raises Rejected: not_listed, unproven or fork (the chain does not reach or contradicts the roster).
    """
    member = epoch.members.get(user)
    if member is None:
        raise Rejected(Verdict.NOT_LISTED, "the user is not in the roster")
    chain = people.chain(user)
    require(chain.is_listed_from(member.chain, device), Verdict.NOT_LISTED, "not a device of the user")
    return chain.device_key(device)
