"""What others may try with epochs that are given back after a restore, and what comes of it (10.10)."""

import pytest

from hearth.epochs.contract import EpochTaken, MakeEpoch, OfferEpoch
from hearth.sealed.group.ids import direct_id, self_id
from hearth.services import Identity
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home
from tests.epochs.conftest import Cast
from tests.epochs.kit import make_group
from tests.epochs.refusals import refuses

GENERATION = b"g" * 16


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """The people, on a server that was restored a moment ago."""
    restores(cast)
    return cast


def restores(cast: Cast) -> None:
    """What is stored now is what the backup had."""
    services = cast.stage.services
    services.identity = Identity(services.identity.server_id, GENERATION, cast.stage.clock.now())
    cast.stage.clock.advance(60)


def offer(command: MakeEpoch) -> OfferEpoch:
    return OfferEpoch(record=command.record, roster=command.roster)


async def gives(home: Home, command: MakeEpoch) -> EpochTaken:
    taken: EpochTaken = await home.stage.run(home.phone, offer(command))
    return taken


async def test_a_group_under_the_id_of_two_others_tells_nothing_of_them(cast: Cast) -> None:
    alice, bob, dave = (home.owner for home in (cast.alice, cast.bob, cast.dave))
    group = make_group(cast.erin)
    for conversation in (
        direct_id(alice.server, alice.user, bob.user),
        self_id(alice.server, alice.user),
        direct_id(alice.server, bob.user, dave.user),
        self_id(alice.server, 999),
    ):
        command = offer(group.create(cast.erin, conversation=conversation))
        await refuses(cast.erin, command, NotAccepted, "wrong_place")
