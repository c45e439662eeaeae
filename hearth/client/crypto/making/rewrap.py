"""Asking co-members for a seed that one has not, and answering them (section 7.7)."""

from hearth.client.crypto.making.device import OwnDevice
from hearth.sealed.core import hpke
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.group.rewrap import RewrapRequest, check_request
from hearth.sealed.group.seeds import SeedPlace, answer_rewrap, check_seed
from hearth.sealed.person.pins import Pins


def make_request(epochs: Epochs, by: OwnDevice, n: int, time: int) -> bytes:
    """Return the request for the seed of a known epoch, to be sealed to one's newest receive key.

    `time` in ms. Raises Rejected: unproven (the epoch or one's chain is not known), not_listed (not in its
    roster, or a device that is not listed), changed_identity (a reset since), not_allowed (no newest receive
    key that counts): nobody would answer it.
    """
    known = epochs.known.get(n)
    chain = epochs.people.chain(by.user)
    state = chain.state
    if known is None or state is None:
        raise Rejected(Verdict.UNPROVEN, "an epoch or a chain that is not known yet")
    member = known.epoch.members.get(by.user)
    if member is None or by.device not in state.devices:
        raise Rejected(Verdict.NOT_LISTED, "not in the roster of this epoch")
    is_linked = chain.at(member.chain).incarnation == state.incarnation
    require(is_linked, Verdict.CHANGED_IDENTITY, "a reset since this epoch")
    receive = chain.newest_receive(state)
    if receive is None or receive.body.version != chain.highest_receive_version:
        raise Rejected(Verdict.NOT_ALLOWED, "no receive key that counts")
    record = known.epoch.record
    request = RewrapRequest(
        record.server,
        record.conversation,
        n,
        known.epoch.hash,
        by.user,
        by.device,
        receive.body.version,
        receive.hash,
        time,
        (),
    )
    return request.sign(by.sign_seed)


def make_answer(
    data: bytes, epochs: Epochs, pins: Pins, public: bytes, seed: bytes
) -> tuple[Signed[RewrapRequest], bytes]:
    """Return a co-member's request with its answer: the seed, sealed to the receive key that it names.

    `public` is that key. Raises Rejected: those of check_request (silence, to the asker), bad_key (not the
    key of the receive statement), bad_commitment (not the seed of the epoch).
    """
    signed = check_request(data, epochs, pins)
    request = signed.body
    chain = epochs.people.chain(request.user)
    statement = chain.receive_at(request.receive_version, request.receive_hash)
    is_named = hpke.kem_hash(public) == statement.kem_hash
    require(is_named, Verdict.BAD_KEY, "not the key that the receive statement names")
    record = epochs.known[request.n].epoch.record
    place = SeedPlace(record.conversation, request.n, request.record_hash, record.commitment)
    answer = answer_rewrap(public, request.record_hash, request.receive_hash, check_seed(place, seed))
    return signed, answer
