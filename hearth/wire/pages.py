"""The web client's files and the commands' HTTP face. Files are read once and served from memory."""

import functools
import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from quart import Blueprint, Response, request

from hearth.errors import NotFound
from hearth.wire.http import face, read_json, reply, require_actor

COMPRESSIBLE = (".js", ".css", ".html", ".svg", ".json", ".webmanifest", ".wasm")
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the web client, plain and (where it pays) gzipped."""

    content: bytes
    compressed: bytes | None
    content_type: str
    cache_control: str


@functools.cache
def read_client(folder: Path) -> dict[str, File]:
    """Read the built web client; keys are paths below `/`. An unbuilt client is an empty answer.

    What the build left for itself (its manifest, source maps) is nobody else's.
    """
    if not folder.is_dir():
        return {}
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.suffix != ".map" and not is_hidden(name):
            files[name] = _read_file(path, name)
    return files


def is_hidden(path: str) -> bool:
    """Tell whether a path leads to or through something whose name begins with a dot, or upwards."""
    return any(part.startswith(".") for part in path.split("/"))


def _read_file(path: Path, name: str) -> File:
    content = path.read_bytes()
    compressed = gzip.compress(content, 6, mtime=0) if path.suffix in COMPRESSIBLE else None
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(content, compressed, guessed, FOR_EVER if name.startswith("assets/") else ASK_FIRST)


TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


def make_pages(client: dict[str, File]) -> Blueprint:
    """Return the routes for commands over HTTP and for the web client; unknown paths get its shell."""
    pages = Blueprint("pages", __name__)

    @pages.post("/api/<string:name>")
    async def run_command(name: str) -> Response:
        actor = await require_actor()
        return reply(await face().dispatcher.run(actor, name, await read_json()))

    @pages.route("/api/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def refuse(rest: str) -> Response:
        raise NotFound

    @pages.get("/", defaults={"path": ""})
    @pages.get("/<path:path>")
    async def serve_client(path: str) -> Response:
        file = client.get(path)
        if file is None:
            if is_hidden(path) or path.startswith("assets/"):
                raise NotFound
            file = client.get("index.html")
        if file is None:
            raise NotFound("The web client has not been built.")
        return _serve(file)

    return pages


def _serve(file: File) -> Response:
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    compressed = file.compressed if accepts_gzip else None
    response = Response(compressed or file.content, content_type=file.content_type)
    if file.compressed is not None:
        response.headers["Vary"] = "Accept-Encoding"
    if compressed is not None:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = file.cache_control
    return response
