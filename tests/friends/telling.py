"""Who was told what: the audiences of a run in a form that a test can write down whole."""

from hearth.contract import Actor, Users
from hearth.friends.contract import RequestFriend
from tests.stage import Stage

Told = set[tuple[str, int]]


def list_told(stage: Stage) -> Told:
    """Return (event name, user id) for everybody who was told anything since the last `clear`."""
    told: Told = set()
    for event, audience in stage.published:
        assert isinstance(audience, Users), f"{event} is told to {audience}"
        told |= {(type(event).wire_name, user_id) for user_id in audience.ids}
    return told


def names_of(told: Told, actor: Actor) -> set[str]:
    return {name for name, user_id in told if user_id == actor.user_id}


async def befriend(stage: Stage, one: Actor, other: Actor, names: tuple[str, str]) -> None:
    """Make two users friends by asking from both sides; `names` are theirs."""
    await stage.run(one, RequestFriend(username=names[1]))
    outcome = await stage.run(other, RequestFriend(username=names[0]))
    assert outcome.friends
    stage.clear()
