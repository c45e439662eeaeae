"""A group's title, description and picture: which state is in force (8.10)."""

from hearth.client.applied import choose_state
from hearth.client.conversations.open import open_entries
from hearth.client.conversations.room import Room
from hearth.client.messages import list_stood
from hearth.client.said import State
from hearth.messages.contract import ReadStates, States
from hearth.sealed.group.steps import rank_of


async def read_state(room: Room, group: str, joined_seq: int) -> State | None:
    """Return the state in force for who came in after `joined_seq`, None where none is known."""
    found = await room.own.ask(ReadStates(conversations=[group]), States)
    entries = {entry.seq: entry for entry in found.entries if entry.seq > joined_seq}
    judged = await open_entries(room, group, list(entries.values()))
    epochs, told = room.open(group).epochs.known, []
    for one in sorted(list_stood(entries.values(), judged), key=lambda one: one.seq):
        epoch = epochs[entries[one.seq].epoch].epoch
        is_ruling = rank_of(epoch.members, one.user) <= epoch.record.settings.settings_by
        if isinstance(one.said, State):
            told.append((one.said, is_ruling))
    return choose_state(told)
