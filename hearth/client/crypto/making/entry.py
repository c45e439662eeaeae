"""Log entries that a device makes: sealed records (section 8.2) and the leave entry (8.6).

Whether it is the time to seal at all, the states of section 7.6 say (hearth/sealed/group/sealing.py).
"""

from dataclasses import dataclass

from hearth.client.crypto.log.body import read_body
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.record import NO_HASH, Aad, Inner, seal_record
from hearth.client.crypto.log.rights import check_target, check_writer
from hearth.client.crypto.log.rows import Row
from hearth.client.crypto.log.sender import check_sender
from hearth.client.crypto.making.device import Moment, OwnDevice
from hearth.sealed.core import ed25519
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import EntryKind, Leave
from hearth.sealed.group.epoch import Epoch
from hearth.sealed.group.epochs import Epochs


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be said. A void has an empty body; `counter` is the device's next in the conversation.

    The target is the row as it is known, with the hash of the bytes that this device has seen.
    """

    kind: EntryKind
    body: bytes
    client_id: bytes
    counter: int
    target: Row | None = None


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A record and what it is bound to. A retry sends the same bytes."""

    place: Aad
    record: bytes


def seal_entry(epochs: Epochs, by: OwnDevice, draft: Draft, at: Moment) -> SealedEntry:
    """Return a record under the newest epoch. Raises Rejected: unproven, keyless, not_listed, not_allowed,
    malformed.
    """
    epoch = _newest(epochs)
    key = epochs.known[epoch.record.n].key
    if key is None:
        raise Rejected(Verdict.KEYLESS, "no key of the newest epoch")
    _check_device(epochs, epoch, by)
    target_seq = 0 if draft.target is None else draft.target.seq
    place = Aad(
        conversation=epoch.record.conversation,
        epoch=epoch.record.n,
        epoch_hash=epoch.hash,
        user=by.user,
        device=by.device,
        client_id=draft.client_id,
        counter=draft.counter,
        kind=draft.kind,
        target_seq=target_seq,
    )
    require(draft.counter > 0, Verdict.MALFORMED, "counters begin with 1")
    _check_rights(epoch, place, draft)
    target_hash = NO_HASH if draft.target is None else draft.target.record_hash
    inner = Inner(at.time, target_hash, at.seen)
    return SealedEntry(place, seal_record(key, place, inner, draft.body, by.sign_seed))


def make_leave(epochs: Epochs, marks: Marks, by: OwnDevice, at: Moment) -> bytes:
    """Return the entry by which a member leaves. Raises Rejected: unproven, not_listed, not_allowed."""
    epoch = _newest(epochs)
    record = epoch.record
    _check_device(epochs, epoch, by)
    marks.check_may_leave(epoch, by.user)
    leave = Leave(
        record.server, record.conversation, record.n, epoch.hash, by.user, by.device, at.time, at.seen, ()
    )
    return leave.sign(by.sign_seed)


def _newest(epochs: Epochs) -> Epoch:
    if epochs.newest is None:
        raise Rejected(Verdict.UNPROVEN, "a conversation without a known epoch")
    return epochs.newest


def _check_device(epochs: Epochs, epoch: Epoch, by: OwnDevice) -> None:
    """Raise Rejected(not_listed) unless this device may write, now and with this key."""
    key = check_sender(epochs.people, epoch, by.user, by.device)
    state = epochs.people.chain(by.user).state
    is_own = key == ed25519.public_key(by.sign_seed)
    is_listed = state is not None and by.device in state.devices
    require(is_own and is_listed, Verdict.NOT_LISTED, "not a device that may write here")


def _check_rights(epoch: Epoch, place: Aad, draft: Draft) -> None:
    """Section 8.9 and the body, as a reader will judge them."""
    row = Row(
        seq=0,
        kind=place.kind,
        user=place.user,
        device=place.device,
        client_id=place.client_id,
        counter=place.counter,
        epoch=place.epoch,
        target_seq=place.target_seq,
        time=0,
        record=b"",
        record_hash=NO_HASH,
    )
    check_writer(epoch, row)
    if draft.target is not None:
        check_target(epoch, row, draft.target)
    if draft.kind is EntryKind.VOID:
        require(not draft.body, Verdict.MALFORMED, "a void with a body")
    else:
        read_body(draft.body)
