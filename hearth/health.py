"""`GET /api/health`: whether this server can do its work, for supervisors and proxies. Says nothing else."""

import msgspec
from quart import Blueprint, Response
from sqlalchemy import text

from hearth.services import Services


class Health(msgspec.Struct, frozen=True):
    """What a server that works answers; one that does not answers 503 and a problem."""

    status: str = "ok"


def make_health_page(services: Services) -> Blueprint:
    """Return the route. It reads from the database: 503 (StorageUnavailable) when that is away."""
    pages = Blueprint("health", __name__)

    @pages.get("/api/health")
    async def check() -> Response:
        async with services.database.transaction("read") as transaction:
            await transaction.execute(text("SELECT 1"))
        return Response(msgspec.json.encode(Health()), content_type="application/json")

    return pages
