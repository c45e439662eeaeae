"""F13: one file opened to two pictures, lengths that tell, formats that fall, encodings that collide."""

import copy
from dataclasses import replace

import pytest

from hearth.client.crypto.files import FileName, open_file, seal_file
from hearth.client.crypto.log.record import Aad
from hearth.client.crypto.push import Push, read_push, write_push
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.padding import BUCKETS, bucket_of
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import Roster
from tests.attacks.conftest import Open
from tests.client.crypto.room import Room

pytestmark = pytest.mark.sqlite
AAD = Aad(
    conversation=b"c" * 16,
    epoch=1,
    epoch_hash=b"h" * 32,
    user=1,
    device=b"d" * 16,
    client_id=b"i" * 16,
    counter=1,
    kind=1,
    target_seq=0,
)


def test_control_a_file_opens_to_what_its_record_names() -> None:
    stored, name = seal_file(b"k" * 32, b"a picture")
    assert open_file(name, stored) == b"a picture"


def test_one_stored_file_is_not_two_pictures() -> None:
    """AES-GCM does not commit to its key: what it opens to has to have the hash that the record names."""
    stored, name = seal_file(b"k" * 32, b"a picture")
    other, _ = seal_file(b"k" * 32, b"a forgery")
    for forged, named in (
        (stored, replace(name, content_hash=sha256(b"a forgery"))),
        (other, replace(name, stored_hash=sha256(other))),
        (stored, FileName(b"x" * 32, name.length, name.stored_hash, name.content_hash)),
        (other, name),
    ):
        with pytest.raises(Rejected) as caught:
            open_file(named, forged)
        assert caught.value.verdict is Verdict.BAD_FILE


def test_short_messages_have_one_length(room: Room) -> None:
    """Padmé alone would tell "yes" from "no thanks"."""
    assert len({len(room.seal(1, text).record) for text in ("yes", "no thanks", "x" * 60)}) == 1
    assert {bucket_of(length) for length in range(1, 1025)} == set(BUCKETS)


def test_a_length_that_is_no_bucket_is_refused(room: Room, open_device: Open) -> None:
    record = room.seal(1, "hello").record + b"\0"
    room.post(replace(room.seal(1, "hello"), record=record, record_hash=sha256(record)))
    assert open_device(room).learns(room).verdicts()[2] == "malformed"


@pytest.mark.parametrize("changes", [{"minimum_format": 1}, {"minimum_format": 2}])
def test_the_format_never_falls(room: Room, open_device: Open, changes: dict[str, int]) -> None:
    """A member in league with the server goes back to a format whose flaw is known."""
    room.rotate(minimum_format=2)
    falls = copy.deepcopy(room)
    falls.rotate(**changes)
    device = open_device(falls)
    assert set(device.meets(*falls.cast.values())) == {None}
    assert device.reads(falls.rows, falls.hashes[0]) is None
    verdicts = [device.learns_epoch(falls, n) for n in (1, 2, 3)]
    assert verdicts == [None, None, None if changes["minimum_format"] == 2 else "not_allowed"]


def test_what_is_not_known_is_kept_and_said_not_dropped(room: Room, open_device: Open) -> None:
    """A record of a later format stands at its place as "update Hearth"."""
    later = room.seal(1, "from the future")
    record = b"\x02" + later.record[1:]
    room.post(replace(later, record=record, record_hash=sha256(record)))
    assert open_device(room).learns(room).verdicts()[2] == "unsupported"


def test_a_kind_that_is_not_known_may_have_any_form(room: Room, open_device: Open) -> None:
    """What a later version writes is kept, however short: it is not called damaged."""
    later = room.seal(1, "from the future")
    for record in (b"\x01", later.record[:100], later.record):
        row = replace(later, seq=len(room.rows) + 1, kind=8, record=record, record_hash=sha256(record))
        room.post(row)
    verdicts = open_device(room).learns(room).verdicts()
    assert [verdicts[seq] for seq in (2, 3, 4)] == ["unsupported"] * 3


def test_a_value_has_one_encoding(room: Room, open_device: Open) -> None:
    """Trailing bytes, members out of order, somebody twice: two readings of one signature."""
    signed, packed, _ = room.epochs[0]
    roster = Roster.unpack(packed)
    one, two, three = roster.members
    count = packed[:2]
    shuffled = count + two.pack() + one.pack() + three.pack()
    twice = count + one.pack() + one.pack() + three.pack()
    bob = open_device(room)
    assert set(bob.meets(*room.cast.values())) == {None}
    assert bob.hears_epoch(signed + b"\0", packed, 1) == "malformed"
    for forged in (packed + b"\0", shuffled, twice):
        assert bob.hears_epoch(signed, forged, 1) == "malformed"
    assert bob.hears_epoch(signed, packed, 1) is None


def test_a_push_has_one_length_whatever_it_carries() -> None:
    push = Push(b"c" * 16, 7)
    assert {
        len(write_push(push)),
        len(write_push(push, AAD, b"r" * 289)),
        len(write_push(push, AAD, b"r" * 9000)),
    } == {2048}
    for payload in (write_push(push)[:-1], write_push(push)[:-1] + b"x"):
        with pytest.raises(Rejected) as caught:
            read_push(payload)
        assert caught.value.verdict is Verdict.MALFORMED
