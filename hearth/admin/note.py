"""The trace that administrators leave in the server's log: who did what to whom, by id, nothing else."""

import logging

from hearth.accounts.events import NOBODY_ELSE
from hearth.admin.events import Act, AdministratorActed
from hearth.contract import Audience, Context

LOG = logging.getLogger(__name__)


def publish_act(context: Context, act: Act, user_id: int = 0) -> None:
    """Have an act logged once it is on disk."""
    context.publish(AdministratorActed(act=act, user_id=user_id), to=NOBODY_ELSE)


async def log_act(context: Context, told: tuple[AdministratorActed, Audience]) -> None:
    """React to a committed act."""
    event, _ = told
    LOG.info(
        "administrator acted",
        extra={"fields": {"act": event.act, "by_user": context.user_id, "user": event.user_id or None}},
    )
