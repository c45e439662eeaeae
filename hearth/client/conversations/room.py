"""Every conversation that a device has opened in this run, and what it needs for all of them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from hearth.client.conversations.live import Live
from hearth.client.crypto.log.body import Content
from hearth.client.crypto.log.rows import Judgement
from hearth.client.crypto.log.rows import Row as LogRow
from hearth.client.keys.catch_up import catch_up_listed
from hearth.client.keys.kept import KeptConversation, KeptHead
from hearth.client.keys.make import Row
from hearth.client.keys.own import Own
from hearth.client.replica.state import Replica
from hearth.client.restored.awaiting import find_reach
from hearth.contract import Event
from hearth.directory.contract import ChainGrown, ReceiveRenewed
from hearth.errors import HearthError
from hearth.messages.contract import Entry
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import NO_HASH, Action, Kind
from hearth.sealed.group.sealing import LASTING
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.keyring import EpochId, EpochRow, How
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins

if TYPE_CHECKING:
    from hearth.client.keys.private_rows import PrivateRows

NOTHING = KeptConversation()


@dataclass(frozen=True, slots=True)
class Healed:
    """An entry that could not be opened when it was read, and can be now."""

    entry: Entry
    judgement: Judgement


STOPPING = frozenset(
    {
        Verdict.MALFORMED,
        Verdict.WRONG_PLACE,
        Verdict.WRONG_LINK,
        Verdict.BAD_KEY,
        Verdict.BAD_SIGNATURE,
        Verdict.BAD_ROSTER,
        Verdict.NOT_LISTED,
        Verdict.NOT_ALLOWED,
        Verdict.UNSUPPORTED,
        Verdict.ROLLBACK,
        Verdict.FORK,
    }
)
"""What a record, chain or head may be refused for that stops a conversation (section 12), if only for now."""


@dataclass
class Room:
    """The conversations of one device. `stale` are people who may have changed since they were looked at.

    `database` is the generation that they are of: another one is begun with nothing.
    `said` are accepted contents whose heads are still to be heard (8.4).
    `before` are people as they were known before a restore, as far as this program ran then.
    `spare` are seeds of epochs that a restored server may have lost, for when it shows them again.
    `entries` are those that wait for a key, `healed` those that were opened since and are still to be given.
    """

    own: Own
    replica: Replica
    database: str
    lives: dict[str, Live] = field(default_factory=dict)
    stale: set[int] = field(default_factory=set)
    before: People | None = None
    spare: dict[EpochId, EpochRow] = field(default_factory=dict)
    entries: dict[tuple[str, int], Entry] = field(default_factory=dict)
    healed: deque[Healed] = field(default_factory=deque)
    said: deque[tuple[Live, LogRow, Content]] = field(default_factory=deque)
    notify: Callable[[Event], None] = lambda _event: None
    kept_rows: "PrivateRows | None" = None

    @property
    def private(self) -> "PrivateRows":
        """The person's private rows, begun when they are first asked for."""
        if self.kept_rows is None:
            from hearth.client.keys.private_rows import PrivateRows

            self.kept_rows = PrivateRows(self.own)
        return self.kept_rows

    def open(self, key: str) -> Live:
        """Return a conversation as it was left; nothing is fetched."""
        live = self.lives.get(key)
        if live is None:
            where = Where(self.own.server, bytes.fromhex(key), self.own.user)
            told = {*self.own.keys.databases, self.replica.generation} - {""}
            generations = frozenset(bytes.fromhex(one) for one in told)
            live = self.lives[key] = Live(where, self.own.met.people, generations)
            kept = self.kept(key)
            live.pending = kept.pending
            live.sealing.pending = None if kept.pending is None else kept.pending.record
            if kept.stopped in LASTING:
                live.sealing.stop(Verdict(kept.stopped))
        return live

    def kept(self, key: str) -> KeptConversation:
        return self.own.keys.conversations.get(key, NOTHING)

    def keep(self, live: Live) -> None:
        """Note where a conversation stands; on disk when this returns."""
        newest, before = live.epochs.newest, self.kept(live.key)
        epoch = before.epoch
        if newest is not None and newest.record.n >= epoch.n:
            epoch = KeptHead(newest.record.n, newest.hash)
        stopped = None if live.stopped is None else live.stopped.value
        is_lost = before.lost.n > live.newest_n
        lost, until = (before.lost, before.lost_until) if is_lost else (KeptHead(), 0)
        named = {"epoch": epoch, "pending": live.pending, "stopped": stopped}
        after = msgspec.structs.replace(before, **named, lost=lost, lost_until=until)
        if after != before:
            self.own.keys.conversations[live.key] = after
            self.own.file.save()

    def may_come_back(self, live: Live, now: int) -> bool:
        """Tell whether a restored server has lost a newer epoch or a member's statements, and they may be
        given back (`now` in ms).
        """
        kept = self.kept(live.key)
        is_lost = kept.lost.n > live.newest_n and now < kept.lost_until
        return is_lost or bool(self.list_awaited(live, now))

    def list_awaited(self, live: Live, now: int) -> frozenset[int]:
        """Return the members whose chain a restored server has shorter, and who may still give it back."""
        return frozenset(user for user in live.members() if self.awaits(user, now))

    def awaits(self, user: int, now: int) -> bool:
        """Tell whether the end of somebody's chain is lost, and may still come back (10.10)."""
        keys, chain = self.own.keys, self.own.met.chain(user)
        is_lost = str(user) in keys.lost and now < keys.lost_until
        return is_lost and self.find_reach(user) > len(chain.states)

    def find_reach(self, user: int) -> int:
        """Return up to which statement somebody's chain may come to stand as it stood before a restore."""
        before, now = self.chain_before(user), self.own.met.chain(user)
        length = self.own.keys.lost.get(str(user), 0)
        is_decided = now.state is not None and self.own.pins.has_taken_earlier(now)
        if is_decided and len(before.states) < length:
            return len(now.states)
        return find_reach(before, length, now)

    def chain_before(self, user: int) -> Chain:
        """Return what was known of somebody's chain before a restore; nothing of it is of today."""
        return Chain(self.own.server, user) if self.before is None else self.before.chain(user)

    def list_unwanted(self, live: Live) -> frozenset[int]:
        """Return the members whose removal a restored server has lost, and of whom nobody has decided since.

        An epoch that was lost with the removal decides nothing, nor does a link of before it.
        """
        kept, decided = self.kept(live.key), set[int]()
        for n, known in live.epochs.known.items():
            record = known.epoch.record
            for target in record.targets:
                is_known = known.epoch.hash in kept.added.get(target.user, ())
                is_added = record.action is Action.ADD and target.cause == NO_HASH and not is_known
                is_since = n > kept.removed.get(target.user, n)
                if is_since and (is_added or record.action is Action.REMOVE):
                    decided.add(target.user)
        return (live.members() & kept.removed.keys()) - decided

    def stop(self, live: Live, rejected: Rejected) -> None:
        """Take what cannot be as the end of sealing there, if it is that."""
        if rejected.verdict in STOPPING:
            live.sealing.stop(rejected.verdict)
            self.keep(live)

    def disconnect(self) -> None:
        """There is another connection: the server has to name its epochs again, and everybody is
        looked at again.
        """
        for live in self.lives.values():
            live.sealing.disconnect()
            self.stale |= live.members()

    def note_person(self, event: ChainGrown | ReceiveRenewed) -> bool:
        """Somebody has said something; gives whether it is not known here."""
        chain = self.own.met.chain(event.user_id)
        known = len(chain.states) if isinstance(event, ChainGrown) else chain.highest_receive_version
        said = event.n if isinstance(event, ChainGrown) else event.version
        if said > known:
            self.stale.add(event.user_id)
        return said > known

    async def catch_up_members(self, live: Live) -> None:
        """Bring the members' chains up to now where they may have grown. Raises Rejected."""
        wanted = live.members() & self.stale
        if wanted:
            await self.own.met.catch_up(wanted)
            self.stale -= wanted

    async def append(self, rows: list[Row]) -> None:
        """Append to the keyring, under the newest generation, which another device may have made since."""
        try:
            await self.own.append(rows)
        except HearthError as error:
            if error.code != "generation_moved":
                raise
            await catch_up_listed(self.own)
            await self.own.append(rows)

    async def meet_members(self, live: Live, time: int) -> None:
        """Pin whom one meets in an epoch for the first time; let pins follow what holds nothing, and go where
        the chain is whose head a restore has lost (9.1, 9.2).
        """
        newest = live.epochs.newest
        if newest is None:
            return
        pins: Pins = self.own.pins
        is_group = newest.record.kind is Kind.GROUP
        for user in newest.members:
            chain = self.own.met.chain(user)
            if user == self.own.user or chain.state is None:
                continue
            if user not in pins.by_user:
                how = How.GROUP if is_group else How.REQUEST
                pins = pins.meet(chain, how, newest.record.actor, time)
            pins = pins.follow(chain, time)
            if not self.awaits(user, time):
                pins = pins.return_to(chain, time)
        changed = self.own.set_pins(pins)
        if changed:
            await self.append(changed)
