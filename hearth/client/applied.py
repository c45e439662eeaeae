"""What entries do to the messages they are aimed at, and which state of a group is in force (8.10). Pure.

What stands is applied in the order of seqs; what came to nothing leaves no trace.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hearth.client.said import Deletion, Pin, Poll, Reaction, Said, State, Text, Vote
from hearth.sealed.group.entries import EntryKind


@dataclass(frozen=True, slots=True)
class Stood:
    """An entry that stands: by whom, aimed at which known entry (0: none), what it says."""

    seq: int
    kind: int
    user: int
    target: int
    said: Said


@dataclass(slots=True)
class Applied:
    """A message as it is shown. Users stand in the order in which they reacted."""

    said: Text | Poll
    is_edited: bool = False
    reactions: dict[str, list[int]] = field(default_factory=dict)
    votes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    is_pinned: bool = False


def list_deleted(entries: Iterable[Stood]) -> set[int]:
    """Return the entries that were deleted."""
    return {one.target for one in entries if isinstance(one.said, Deletion)}


def apply_all(entries: Sequence[Stood]) -> dict[int, Applied]:
    """Return the messages among these entries as they are shown, but for those that were deleted."""
    deleted = list_deleted(entries)
    shown: dict[int, Applied] = {}
    for one in sorted(entries, key=lambda one: one.seq):
        if one.seq in deleted:
            continue
        if one.kind == EntryKind.MESSAGE and isinstance(one.said, Text | Poll):
            shown[one.seq] = Applied(one.said)
        elif one.target in shown:
            _apply(shown[one.target], one)
    return shown


def choose_state(states: Iterable[tuple[State, bool]]) -> State | None:
    """Return the state in force, None where none is known.

    Each comes with whether its writer might change the settings: who might not repeats what was in force.
    """
    current: State | None = None
    for state, is_ruling in states:
        if is_ruling or current is None:
            current = state
    return current


def _apply(message: Applied, one: Stood) -> None:
    match one.said:
        case Text() if isinstance(message.said, Text):
            message.said, message.is_edited = one.said, True
        case Poll() if isinstance(message.said, Poll):
            if one.said == replace(message.said, is_closed=True):
                message.said = one.said
        case Reaction(emoji):
            users = message.reactions.setdefault(emoji, [])
            if one.user not in users:
                users.append(one.user)
        case Vote(options) if isinstance(message.said, Poll) and not message.said.is_closed:
            is_fit = all(option < len(message.said.options) for option in options)
            if is_fit and (message.said.several or len(options) <= 1):
                message.votes.pop(one.user, None)
                if options:
                    message.votes[one.user] = options
        case Pin(is_pinned):
            message.is_pinned = is_pinned
