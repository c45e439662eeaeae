"""F14: an invite link that reads along, forged joins and reports, records that come too late.

Scheduled sending, calls and push have no way through the server yet; their formats are held by vectors and
unit tests. A disappearing conversation's timer is that of its epoch (docs/protocol-encryption.md, 8.5).
"""

from dataclasses import replace

import pytest

from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.log.record import Aad, Inner, open_record
from hearth.client.crypto.reports import Report, check_report
from hearth.client.crypto.trust import (
    JoinLink,
    is_join,
    link_public_key,
    link_seed,
    read_join_link,
    sign_join,
)
from hearth.client.crypto.trust import Person as Card
from hearth.sealed.core import ed25519
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import Action, Link, Role, Target
from hearth.sealed.group.seeds import epoch_key
from tests.attacks.conftest import Open
from tests.attacks.server import HostileServer
from tests.client.crypto.cast import NOW, SERVER, Person, seed_of
from tests.client.crypto.room import GROUP, OPEN, Room

pytestmark = pytest.mark.sqlite
SECRET = b"i" * 32
DAVE = Card(SERVER, 4, b"d" * 32)


def test_control_who_has_the_link_proves_it_for_one_group_and_person() -> None:
    public = link_public_key(SECRET)
    signature = sign_join(SECRET, GROUP, DAVE)
    assert is_join(public, GROUP, DAVE, signature)
    assert read_join_link(JoinLink(GROUP, SECRET, 1, b"f" * 16).show()).secret == SECRET


@pytest.mark.parametrize(
    ("conversation", "person"),
    [(b"x" * 16, DAVE), (GROUP, replace(DAVE, user=5)), (GROUP, replace(DAVE, identity_key=b"s" * 32))],
)
def test_a_join_request_is_not_used_for_another_group_person_or_key(
    conversation: bytes, person: Card
) -> None:
    """The server sees the request: it cannot join by it, nor swap dave's identity for one of its own."""
    assert not is_join(link_public_key(SECRET), conversation, person, sign_join(SECRET, GROUP, DAVE))


def test_who_has_no_link_signs_no_join() -> None:
    assert not is_join(link_public_key(SECRET), GROUP, DAVE, sign_join(b"guess".ljust(32), GROUP, DAVE))


def test_a_link_opens_no_key(room: Room) -> None:
    """What the link gives is a signing key, in no roster: nothing of any epoch is sealed to it."""
    key = epoch_key(room.epochs[0][2], room.records[0].hash())
    assert key not in (SECRET, link_seed(SECRET), link_public_key(SECRET))
    assert link_public_key(SECRET) not in {member.identity_key for member in room.rosters[0].members}


def with_link(room: Room) -> Room:
    """Alice puts a link into the group's settings."""
    link = Link(link_public_key(SECRET), NOW + 1000, 5)
    lines = [room.member(one.user, one.role) for one in room.rosters[-1].members]
    room.make(Action.SETTINGS, 1, lines, settings=replace(OPEN, links=(link,)))
    room.post_epoch()
    return room


@pytest.mark.parametrize(("cause", "verdict"), [(link_public_key(SECRET), None), (b"\7" * 32, "not_allowed")])
def test_nobody_is_added_by_a_link_that_is_not_in_the_settings(
    room: Room, open_device: Open, cause: bytes, verdict: str | None
) -> None:
    """Revoking a link is a settings record without it, which the server cannot make."""
    with_link(room)
    room.cast[4] = Person(4, "dave").begin()
    lines = [room.member(one.user, one.role) for one in room.rosters[-1].members]
    room.make(Action.ADD, 1, [*lines, room.member(4, Role.MEMBER)], Target(4, Role.MEMBER, cause))
    room.post_epoch()
    bob = open_device(room)
    assert set(bob.meets(*room.cast.values())) == {None}
    assert bob.reads(room.rows, room.hashes[0]) is None
    assert [bob.learns_epoch(room, n) for n in (1, 2, 3)] == [None, None, verdict]


def test_a_record_that_the_server_kept_back_is_not_said_to_who_came_later(
    room: Room, open_device: Open
) -> None:
    """Held until somebody was removed and the next epoch is a hundred entries old, it is out of place."""
    late = room.seal(3, "sell")
    room.remove(2)
    for _ in range(100):
        room.send(1, "more")
    room.post(replace(late, seq=len(room.rows) + 1))
    alice = open_device(room, 1).learns(room)
    assert alice.verdicts()[len(room.rows)] == "out_of_place"


def test_the_timer_is_that_of_the_epoch_not_the_servers_word(room: Room, open_device: Open) -> None:
    """In a conversation without a timer nothing was due."""
    said = room.send(1, "kept")
    server = HostileServer(room)
    server.empty(said.seq)
    server.alter(said.seq, time=NOW - 10**9)
    bob = open_device(room)
    assert set(bob.meets(*room.cast.values())) == {None}
    assert server.tell(bob) is None
    assert bob.learns_epoch(room, 1) is None
    assert bob.verdicts()[said.seq] == "withheld"


def make_report(room: Room) -> Report:
    """Bob reports what carol wrote: it can be checked without any key."""
    row = room.send(3, "something vile")
    record = room.records[0]
    place = Aad(
        conversation=GROUP,
        epoch=1,
        epoch_hash=record.hash(),
        user=3,
        device=row.device,
        client_id=row.client_id,
        counter=row.counter,
        kind=row.kind,
        target_seq=0,
    )
    key = epoch_key(room.epochs[0][2], record.hash())
    opened = open_record(key, place, row.record, ed25519.public_key(seed_of("carol phone")))
    statements = tuple(room.cast[3].statements)
    signed, roster, _ = room.epochs[0]
    return Report(
        place, row.record[1:17], opened.inner, opened.body, opened.signature, signed, roster, statements
    )


def test_a_report_shows_what_was_written_and_nothing_else(room: Room) -> None:
    report = make_report(room)
    assert check_report(report).username == "carol"
    body = write_body({"type": "text", "text": "something viler"})
    inner = Inner(report.inner.sent_at + 1, report.inner.target_hash, report.inner.seen)
    for changes in ({"body": body}, {"inner": inner}, {"salt": b"x" * 16}):
        with pytest.raises(Rejected) as caught:
            check_report(replace(report, **changes))
        assert caught.value.verdict is Verdict.BAD_SIGNATURE
    with pytest.raises(Rejected) as caught:
        check_report(replace(report, aad=replace(report.aad, user=2)))
    assert caught.value.verdict in (Verdict.WRONG_PLACE, Verdict.NOT_LISTED, Verdict.BAD_SIGNATURE)
