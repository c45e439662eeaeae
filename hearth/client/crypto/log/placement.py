"""Where a record may stand in the log, and who may have sent it (section 8.3, steps 3 and 4)."""

from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import Epoch
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.person.people import People

LATE = 100


def check_place(row: Row, epochs: Epochs, first_leave: int | None, highest_epoch: int) -> None:
    """Check step 3 of a record under a known epoch.

    `first_leave` is the seq of the first leave entry that counts above its entry; `highest_epoch` the highest
    that earlier entries of the same device name which pass steps 1 to 4.

    Raises Rejected: unproven, out_of_place.
    """
    n = row.epoch
    entry = epochs.entry_seq(n)
    if entry is None:
        raise Rejected(Verdict.UNPROVEN, "the entry of this epoch is not known yet")
    _stand(row.seq > entry, "not above the entry of its epoch")
    _stand(first_leave is None or row.seq < first_leave, "somebody left before it")
    following = epochs.entry_seq(n + 1)
    if following is not None and row.seq > following:
        _stand(row.seq <= following + LATE, "too long after the next epoch")
        _stand(highest_epoch <= n, "after a record of the same device under a later epoch")
    for m, known in epochs.known.items():
        if m > n and known.entry_seq is not None and known.entry_seq < row.seq:
            _stand(_is_still_in(row, epochs, known.epoch), "no longer in a later epoch")


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


def _is_still_in(row: Row, epochs: Epochs, later: Epoch) -> bool:
    then = epochs.known[row.epoch].epoch.members.get(row.user)
    now = later.members.get(row.user)
    if now is None:
        return False
    chain = epochs.people.chain(row.user)
    is_linked = then is None or chain.is_linked(then.identity_key, now.identity_key)
    return is_linked and chain.is_listed_from(now.chain, row.device)


def _stand(holds: bool, why: str) -> None:
    require(holds, Verdict.OUT_OF_PLACE, why)
