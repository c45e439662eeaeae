"""The page that tells how a phone comes to trust our own certificate, and the authority's certificate itself.

Plain HTML without scripts, in the language that the browser asks for: it must work before anything else does.
Only there with an authority.
"""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from string import Template

from quart import Blueprint, Response, request

from hearth.certificates import format_fingerprint, read_authority
from hearth.errors import NotFound
from hearth.trust.words import ENGLISH, WORDS, Device, Words

CERTIFICATE_TYPE = "application/x-x509-ca-cert"
FOLDER = Path(__file__).parent
PAGE = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
LOOK = (FOLDER / "look.css").read_bytes()


def make_trust_pages(data: Path) -> Blueprint:
    """Return the routes /trust, /trust/look.css and /trust/ca.crt for a data directory."""
    pages = Blueprint("trust", __name__)

    @pages.get("/trust")
    async def explain() -> Response:
        fingerprint = format_fingerprint(require_authority(data))
        language = choose_language(request.accept_languages.values())
        response = Response(render(language, fingerprint), content_type="text/html; charset=utf-8")
        response.headers["Vary"] = "Accept-Language"
        return response

    @pages.get("/trust/look.css")
    async def dress() -> Response:
        require_authority(data)
        return Response(LOOK, content_type="text/css; charset=utf-8")

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


def choose_language(wanted: Iterable[str]) -> str:
    """Return the first language that is wanted (tags as browsers send them, best first) and spoken here."""
    spoken = (tag.partition("-")[0].lower() for tag in wanted)
    return next((language for language in spoken if language in WORDS), "en")


def render(language: str, fingerprint: str) -> str:
    """Return the page in a language of WORDS."""
    words = WORDS[language]
    texts = {name: escape(getattr(words, name)) for name in Words.__slots__ if name != "devices"}
    devices = zip(words.devices, ENGLISH.devices, strict=True)
    return PAGE.substitute(
        texts,
        language=language,
        fingerprint=fingerprint,
        devices="\n".join(line for pair in devices for line in render_device(*pair)),
    )


def render_device(device: Device, english: Device) -> Iterator[str]:
    """Yield lines of HTML: what to do, and the way through the menus, also as English menus call it."""
    yield f"<h3>{escape(device.name)}</h3>"
    yield "<ol>"
    for (text, menu), (_, english_menu) in zip(device.steps, english.steps, strict=True):
        yield f"<li>{escape(text)}"
        if menu:
            yield f"<br><b>{escape(menu)}</b>"
        if menu != english_menu:
            yield f'<small lang="en" dir="ltr">{escape(english_menu)}</small>'
        yield "</li>"
    yield "</ol>"
