"""The request of a member who has no seed that works, and when a co-member answers it (section 7.7)."""

from dataclasses import dataclass
from typing import ClassVar

from hearth.sealed.core import labels
from hearth.sealed.core.packed import U64, Hash, Id, User
from hearth.sealed.core.statements import Extensions, Signed, Statement
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.pins import Pins, check_pin
from hearth.sealed.person.user_state import ChainState


@dataclass(frozen=True, slots=True)
class RewrapRequest(Statement):
    """Asks co-members for the seed of epoch n, sealed to a receive key of the asker."""

    LABEL: ClassVar[bytes] = labels.REWRAP_REQUEST
    server: Id
    conversation: Id
    n: U64
    record_hash: Hash
    user: User
    device: Id
    receive_version: U64
    receive_hash: Hash
    time: U64
    extensions: Extensions


def check_request(data: bytes, epochs: Epochs, pins: Pins) -> Signed[RewrapRequest]:
    """Return a request that this client answers; whoever asks otherwise hears nothing.

    Raises Rejected, in the order of section 7.7: malformed, unsupported, wrong_place, not_listed, unproven,
    fork, changed_identity, rollback, not_allowed, bad_signature, keyless.
    """
    signed = RewrapRequest.open(data)
    request, where = signed.body, epochs.where
    known = epochs.known.get(request.n)
    is_here = (request.server, request.conversation) == (where.server, where.conversation)
    if not is_here or known is None or known.epoch.hash != request.record_hash:
        raise Rejected(Verdict.WRONG_PLACE, "not an epoch of ours")
    member = known.epoch.members.get(request.user)
    if member is None:
        raise Rejected(Verdict.NOT_LISTED, "the asker is not in the roster")
    chain = epochs.people.chain(request.user)
    stated, state = chain.at(member.chain), chain.state
    assert state is not None  # the stated head is on the chain
    is_linked = stated.incarnation == state.incarnation
    require(is_linked, Verdict.CHANGED_IDENTITY, "the asker has reset since")
    check_pin(pins, chain)
    _check_receive_key(chain, state, request)
    device = state.devices.get(request.device)
    if device is None:
        raise Rejected(Verdict.NOT_LISTED, "not a device of the asker")
    signed.verify(device.sign_key)
    require(known.key is not None, Verdict.KEYLESS, "no seed of our own")
    return signed


def _check_receive_key(chain: Chain, state: ChainState, request: RewrapRequest) -> None:
    statement = chain.receive_at(request.receive_version, request.receive_hash)
    is_newest = request.receive_version == chain.highest_receive_version
    require(is_newest, Verdict.ROLLBACK, "not the newest receive key of the asker")
    require(chain.counts(statement, state), Verdict.NOT_ALLOWED, "a receive key that does not count")
