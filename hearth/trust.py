"""The page that tells how a phone comes to trust our own certificate, and the authority's certificate itself.

Plain HTML (trust.html) without scripts: it must work before anything else does. Only there with an authority.
"""

from pathlib import Path

from quart import Blueprint, Response

from hearth.certificates import format_fingerprint, read_authority
from hearth.errors import NotFound

CERTIFICATE_TYPE = "application/x-x509-ca-cert"
TEXT = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


def make_trust_pages(data: Path) -> Blueprint:
    """Return the routes /trust and /trust/ca.crt for a data directory."""
    pages = Blueprint("trust", __name__)

    @pages.get("/trust")
    async def explain() -> Response:
        page = TEXT.replace("{fingerprint}", format_fingerprint(require_authority(data)))
        return Response(page, content_type="text/html; charset=utf-8")

    @pages.get("/trust/ca.crt")
    async def download() -> Response:
        response = Response(require_authority(data), content_type=CERTIFICATE_TYPE)
        response.headers["Content-Disposition"] = 'attachment; filename="hearth.crt"'
        return response

    return pages


def require_authority(data: Path) -> bytes:
    """Return the authority's certificate (PEM). Raises NotFound."""
    authority = read_authority(data)
    if authority is None:
        raise NotFound
    return authority
