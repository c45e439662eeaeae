"""A device's copy of what its user may know: a snapshot kept current by log entries. Pure: it asks nobody.

One `apply` serves live events, resync and the echo of one's own acts, in any order and any number of times.
What is missing is noted (`is_behind`, `stale`) for catch_up.py to fetch; what was new is left in `news`.
"""

import time
from dataclasses import dataclass, field

import msgspec

from hearth.accounts.contract import Device, OwnProfile
from hearth.client.problems import LogBroken
from hearth.client.replica.conversation import ConversationState
from hearth.client.replica.user import APPLIERS, UserState
from hearth.contract import Event
from hearth.directory.contract import ChainGrown, ReceiveRenewed
from hearth.epochs.contract import KIND_EPOCH, EpochMade, RewrapAnswered, RewrapAsked
from hearth.inbox.contract import InboxItem
from hearth.messages.contract import (
    Cursor,
    Entry,
    MessageSent,
    ReceiptsAdvanced,
    TypingStarted,
    TypingStopped,
)
from hearth.presence.contract import Presence, PresenceChanged
from hearth.private.contract import PrivateRowsChanged
from hearth.sync.contract import LogEntry, Opened, Restore, Snapshot
from hearth.vault.contract import GenerationMade, KeyringGrown

LOG = "log"
PASSING: dict[str, type[Event]] = {event.wire_name: event for event in (TypingStarted, TypingStopped)}
OF_KEYS: dict[str, type[Event]] = {
    event.wire_name: event
    for event in (
        ChainGrown,
        ReceiveRenewed,
        GenerationMade,
        KeyringGrown,
        EpochMade,
        RewrapAsked,
        RewrapAnswered,
        PrivateRowsChanged,
    )
}
"""Hints for who looks after keys; programs are told only when they ask for them by name."""

BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)
"""The monotonic clock that goes on while the device sleeps, where the system has it."""


def monotonic_ms() -> int:
    """Return the time, in ms, by a clock that nobody sets; it began at some time in the past."""
    return round((time.monotonic() if BOOTTIME is None else time.clock_gettime(BOOTTIME)) * 1000)


@dataclass(slots=True)
class Replica:
    """Everything one device knows. `generation` empty means that nothing was ever fetched.

    `ahead_ms`: by how much the server's clock is ahead of this device's monotonic one, once it has told it.
    `lost` are conversations as they were known before a restore, until they were given back; `restored` says
    when the last one was, if ever.
    """

    user_id: int
    generation: str = ""
    server_id: str = ""
    device_id: str = ""
    log_seq: int = 0
    is_behind: bool = False
    restored: Restore | None = None
    private_position: int = field(default=0, compare=False)
    ahead_ms: int | None = field(default=None, compare=False)
    users: UserState = field(default_factory=UserState)
    conversations: dict[str, ConversationState] = field(default_factory=dict)
    presence: dict[int, Presence] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    news: list[Event] = field(default_factory=list)
    lost: dict[str, ConversationState] = field(default_factory=dict, compare=False)

    @property
    def needs_repair(self) -> bool:
        return self.is_behind or bool(self.stale)

    @property
    def profile(self) -> OwnProfile:
        """One's own profile. Raises LookupError before the first snapshot."""
        if self.users.profile is None:
            raise LookupError("nothing was fetched yet")
        return self.users.profile

    @property
    def devices(self) -> dict[str, Device]:
        return self.users.devices

    def server_ms(self) -> int | None:
        """Return the time by the server's clock, in ms since 1970, whatever this device's is set to.

        None before the first `sync.open`.
        """
        return None if self.ahead_ms is None else self.ahead_ms + monotonic_ms()

    def heads(self) -> dict[str, int]:
        """Return the head of every conversation held, for `sync.open`."""
        return {key: state.last_seq for key, state in self.conversations.items()}

    def apply_opened(self, opened: Opened) -> None:
        """Take the answer to `sync.open`. A changed generation or a snapshot replaces all that was known."""
        if opened.generation != self.generation:
            self.lost = {**self.conversations, **self.lost}
            self.conversations = {}
        self.generation, self.server_id = opened.generation, opened.server_id
        self.device_id, self.restored = opened.device_id, opened.restored
        self.private_position = opened.private_position
        self.ahead_ms = round(opened.now.timestamp() * 1000) - monotonic_ms()
        if opened.snapshot is not None:
            self.apply_snapshot(opened.snapshot, opened.log_seq)
        for entry in opened.log:
            self.apply_log(entry)
        self.is_behind = self.log_seq < opened.log_seq
        self.presence = {presence.user_id: presence for presence in opened.presence}
        for item in opened.items:
            self.apply_item(item)
        given = {item.conversation.id: item.last_seq for item in opened.items}
        held = self.heads() if opened.snapshot is None else given
        self.stale.update(key for key, seq in opened.heads.items() if held.get(key) != seq)
        for known in opened.receipts:
            self._take_cursors(known.conversation_id, known.cursors)

    def apply_snapshot(self, snapshot: Snapshot, log_seq: int) -> None:
        """Replace the user's part; conversations have heads of their own."""
        self.users = UserState.from_snapshot(snapshot)
        self.log_seq, self.is_behind = log_seq, False
        self._check_conversation_cards()

    def apply_log(self, entry: LogEntry) -> bool:
        """Apply one entry of the user's log; True when it was the next one.

        A gap is noted, a repeat ignored.
        """
        if entry.seq <= self.log_seq:
            return False
        if entry.seq > self.log_seq + 1:
            self.is_behind = True
            return False
        self.log_seq = entry.seq
        applier = APPLIERS.get(entry.kind)
        if applier is not None:  # kinds of newer servers are passed over
            event = msgspec.json.decode(entry.payload, type=applier.event)
            applier.apply(self.users, event)
            self.news.append(event)
            applier.apply_to_conversations(self.conversations, self.stale, event)
            self._forget_presence()
        return True

    def apply_entry(self, entry: Entry) -> bool:
        """Apply one entry of a conversation; True when it was the next one. Raises LogBroken."""
        state = self.conversations.get(entry.conversation_id)
        if state is None or entry.seq > state.last_seq + 1:
            self.stale.add(entry.conversation_id)
            return False
        if entry.seq <= state.last_seq:
            return False
        state.append(entry)
        if entry.kind == KIND_EPOCH:  # people may have come and gone, or have other roles
            self.stale.add(entry.conversation_id)
        self.news.append(MessageSent(entry=entry))
        return True

    def apply_item(self, item: InboxItem) -> None:
        """Take a conversation's row as the server has it.

        Raises LogBroken when the log went back or changed.
        """
        key = item.conversation.id
        known = self.conversations.get(key)
        state = ConversationState.from_item(self.user_id, item)
        if known is not None:
            if item.last_seq < known.last_seq or (
                item.last_seq == known.last_seq and item.log_hash != known.log_hash
            ):
                raise LogBroken(f"the log of conversation {key} went back or changed")
            if item.last_seq == known.last_seq:
                state.recent = known.recent
            state.advance(known.members.values())
        self.stale.discard(key)
        self.conversations[key] = state

    def forget_conversation(self, key: str) -> None:
        """The user is no member of it (any more)."""
        self.conversations.pop(key, None)
        self.stale.discard(key)

    def apply_receipts(self, event: ReceiptsAdvanced) -> None:
        self._take_cursors(event.conversation_id, event.cursors)
        self.news.append(event)

    def _take_cursors(self, key: str, cursors: list[Cursor]) -> None:
        state = self.conversations.get(key)
        if state is None or not state.advance(cursors):
            self.stale.add(key)

    def apply_presence(self, event: PresenceChanged) -> None:
        self.presence[event.presence.user_id] = event.presence
        self.news.append(event)

    def take_news(self) -> list[Event]:
        """Return what was new since the last call, in order."""
        news, self.news = self.news, []
        return news

    def apply_event(self, name: str, payload: msgspec.Raw) -> None:
        """Apply one live event by its wire name. Names of newer servers are passed over."""
        if name == LOG:
            self.apply_log(msgspec.json.decode(payload, type=LogEntry))
        elif name == MessageSent.wire_name:
            self.apply_entry(msgspec.json.decode(payload, type=MessageSent).entry)
        elif name == ReceiptsAdvanced.wire_name:
            self.apply_receipts(msgspec.json.decode(payload, type=ReceiptsAdvanced))
        elif name == PresenceChanged.wire_name:
            self.apply_presence(msgspec.json.decode(payload, type=PresenceChanged))
        elif name in PASSING or name in OF_KEYS:
            event = msgspec.json.decode(payload, type=(PASSING | OF_KEYS)[name])
            if isinstance(event, PrivateRowsChanged):
                self.private_position = max(self.private_position, event.position)
            self.news.append(event)

    def _forget_presence(self) -> None:
        for user_id in self.presence.keys() - self.users.friends.keys() - {self.user_id}:
            del self.presence[user_id]

    def _check_conversation_cards(self) -> None:
        """After a snapshot that skipped log entries, cards inside conversations may be old: ask anew."""
        self.stale.update(self.conversations)
