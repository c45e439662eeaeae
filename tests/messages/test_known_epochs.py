"""What the server keeps in memory of epochs is bounded, whoever names which."""

import pytest

from hearth.messages.known_epochs import KnownEpochs, Room
from tests.messages.talk import make_talk
from tests.stage import Stage


async def test_who_writes_under_one_old_epoch_after_the_other_fills_no_memory(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearth.messages.known_epochs.MOST_EPOCHS", 3)
    entered: list[tuple[int, int, int]] = []
    enter = KnownEpochs._enter

    def remember(self: KnownEpochs, conversation_id: bytes, log_hash: bytes) -> Room:
        room = enter(self, conversation_id, log_hash)
        entered.append((len(room.epochs), len(room.has_leave), len(room.incarnations)))
        return room

    monkeypatch.setattr(KnownEpochs, "_enter", remember)
    talk = await make_talk(stage)
    for _ in range(12):
        await talk.sends(talk.bob)
        await talk.room.run(talk.alice, talk.room.rotate(talk.alice))
        stage.clock.advance(60)
    assert len(entered) == 12
    assert max(max(sizes) for sizes in entered) == 3
    await talk.sends(talk.bob, epoch=12)
