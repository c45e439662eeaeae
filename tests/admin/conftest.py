"""An administrator among ordinary people, on the stage."""

import pytest
from sqlalchemy import update

from hearth.accounts.tables import USER
from hearth.contract import Actor
from tests.stage import Stage


async def promote(stage: Stage, actor: Actor, *, is_admin: bool = True) -> None:
    """There is no command for this: only the first account is an administrator by itself."""
    async with stage.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER).where(USER.c.id == actor.user_id).values(is_admin=is_admin))


@pytest.fixture
async def chief(stage: Stage) -> Actor:
    actor = await stage.user("chief")
    await promote(stage, actor)
    return actor
