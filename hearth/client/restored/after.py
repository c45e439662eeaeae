"""What a device has still to do since the server was restored, over as many connections as that takes."""

import asyncio
import logging
from collections.abc import Iterable

import msgspec

from hearth.client.conversations.room import Room
from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import KeptHead
from hearth.client.problems import is_retryable, may_pass
from hearth.client.replica.state import Replica
from hearth.client.restored.give_back import WAITS, give_back, set_aside
from hearth.client.restored.known import Known, gather
from hearth.client.restored.people import look_at_people, return_pins
from hearth.epochs.contract import EpochHeads, ListEpochHeads
from hearth.errors import HearthError, NotSignedIn
from hearth.sealed.core.verdicts import Verdict

LOG = logging.getLogger(__name__)
RETRY_SECONDS = 30.0
TRIED_AGAIN = 3
"""Conversations at a time: a server takes ten epochs a minute, and everything else waits meanwhile."""
HEADS_AT_ONCE = 500
CERTAIN = "the password or recovery key set since is lost, and the one before"
POSSIBLE = "if the password was changed since, the old one"


class AfterRestore:
    """`remember` when the database is another one, `look` once it is listed there, `try_again` later.

    What could not be given back, because somebody else's chain has to come first, stays in `_known`. What the
    server answers about one conversation holds up no other. While it takes nothing more, all waits in there,
    and the keys are let go of. What was known of conversations that `rollback` has stopped is in `_denied`:
    they are judged anew, by all of it, when another generation is told, and need not be where that one has it
    all. What rests on keys that cannot come back from this one is in `_given_up` until then.
    """

    def __init__(self, file: DeviceFile, replica: Replica) -> None:
        self._file, self._replica = file, replica
        self._before: Room | None = None
        self._known: dict[str, Known] = {}
        self._denied: dict[str, Known] = {}
        self._given_up: dict[str, Known] = {}
        self._not_before = 0.0
        self._vault_version = 0

    @property
    def is_due(self) -> bool:
        """Tell whether this device has not looked at the restored database yet."""
        keys = self._file.state.keys
        told = [] if keys is None else keys.databases
        return bool(told) and told[-1] != self._replica.generation

    def remember(self, before: Room | None) -> None:
        """Keep what was known in memory until it is given back."""
        self._before = self._before or before

    def next_in(self) -> float | None:
        """Return after how many seconds to try again, None when nothing waits."""
        return max(RETRY_SECONDS, self._not_before - _now()) if self._known else None

    async def look_at_people(self, room: Room) -> None:
        """Before one's keys are brought up to now: chains that are shorter now are no rollback, once.

        Raises HearthError.
        """
        if self.is_due:
            self._vault_version = max(self._vault_version, room.own.keys.vault_version)
            await look_at_people(room, self._before)

    async def look(self, room: Room) -> None:
        """Give back what can be, the first time in this database. Raises HearthError."""
        keys = room.own.keys
        if self.is_due:
            await return_pins(room.own, None if self._before is None else self._before.own)
            _judge_anew(room)
            known = gather(self._file.state, self._before, self._replica.lost)
            for key, one in self._given_up.items():
                known[key] = known.get(key, Known()).with_given_up(one)
            known |= {key: one.again() for key, one in self._denied.items()}
            heads = await _list_heads(room, known)
            for key, one in known.items():
                if _is_same(room, key, one, heads.get(key)):
                    self._denied.pop(key, None)
                else:
                    await self._give_back(room, key, one)
            _warn_of_passwords(room, self._vault_version)
        if keys.databases[-1:] != [room.database]:
            keys.databases.append(room.database)
            self._file.save()
        self._before, self._replica.lost, self._vault_version = None, {}, 0

    async def try_again(self, room: Room) -> None:
        """Offer what waits for somebody's chain, the longest first."""
        for key, known in list(self._known.items())[:TRIED_AGAIN]:
            if _now() >= self._not_before:
                await self._give_back(room, key, known)

    async def _give_back(self, room: Room, key: str, known: Known) -> None:
        self._known.pop(key, None)
        self._known[key] = known  # the last in line
        if _now() < self._not_before:
            set_aside(room, room.open(key), known, None)
            return
        try:
            await give_back(room, key, known)
        except NotSignedIn:
            raise
        except HearthError as error:
            if is_retryable(error):
                self._not_before = _now() + (error.retry_after or RETRY_SECONDS)
            if error.code in WAITS or may_pass(error):
                return
        del self._known[key]
        self._denied.pop(key, None)
        self._given_up.pop(key, None)
        if known.given_up is not None:
            self._given_up[key] = known
        if room.open(key).stopped is Verdict.ROLLBACK:
            self._denied[key] = known


def _warn_of_passwords(room: Room, vault_version: int) -> None:
    """Say that the password is that of the backup (10.10): whoever should not know it may sign in by it.

    It is certain where this device knew a newer vault, which comes with every new password.
    """
    restored, state = room.replica.restored, room.own.chain.state
    backup_at = None if restored is None else restored.backup_at
    when = "" if restored is None else f" on {restored.at:%Y-%m-%d %H:%M} UTC"
    of = "" if backup_at is None else f" of {backup_at:%Y-%m-%d %H:%M} UTC"
    is_certain = state is not None and state.vault is not None and state.vault.version < vault_version
    since = CERTAIN if is_certain else POSSIBLE
    LOG.warning("the server was restored%s from a backup%s: %s works again; change it", when, of, since)


def _judge_anew(room: Room) -> None:
    """Let go of every `rollback` of before, once: the server says that there was another restore (10.10)."""
    kept = room.own.keys.conversations
    for key, one in list(kept.items()):
        if one.stopped == Verdict.ROLLBACK and key not in room.lives:
            kept[key] = msgspec.structs.replace(one, stopped=None)


def _now() -> float:
    """Return seconds of the loop's clock."""
    return asyncio.get_running_loop().time()


async def _list_heads(room: Room, keys: Iterable[str]) -> dict[str, KeptHead]:
    """Return the newest epochs as the server names them; nothing is checked."""
    wanted, found = sorted(keys), dict[str, KeptHead]()
    for at in range(0, len(wanted), HEADS_AT_ONCE):
        command = ListEpochHeads(conversation_ids=wanted[at : at + HEADS_AT_ONCE])
        answer: EpochHeads = await room.own.ask(command, EpochHeads)
        found |= {head.conversation_id: KeptHead(head.n, head.record_hash) for head in answer.heads}
    return found


def _is_same(room: Room, key: str, known: Known, head: KeptHead | None) -> bool:
    """Tell whether nothing of a conversation was lost, as far as this device knew it. Others may have been
    quicker to give it back: the rows of one's own keyring they could not.
    """
    state = room.replica.conversations.get(key)
    end = (0, b"") if state is None else (state.last_seq, state.log_hash)
    has_seeds = known.seeds(bytes.fromhex(key)).keys() <= room.own.seeds.keys()
    return has_seeds and (head or KeptHead()) == known.head and (not known.places or known.last == end)
