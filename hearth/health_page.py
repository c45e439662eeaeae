"""`GET /healthz` (also `/api/health`): whether the server can do its work, and not a word more."""

from quart import Blueprint, Response

from hearth.health import Watch

ANSWERS = {True: (200, b'{"status":"ok"}'), False: (503, b'{"status":"failing"}')}


def make_health_page(watch: Watch) -> Blueprint:
    """Return the routes, open to everybody."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    @pages.get("/api/health")
    async def check() -> Response:
        status, body = ANSWERS[not (await watch.examine()).faults]
        return Response(body, status=status, content_type="application/json")

    return pages
