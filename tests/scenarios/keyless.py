"""Programs without keys, as they were before encryption: for tests that make keys by hand, and for
what waits.
"""

from hearth.client import Client
from hearth.client import sign_in as entering
from hearth.client.wire.http import Http
from tests.scenarios.cast import PASSWORD


async def register_keyless(url: str, name: str) -> Client:
    http = Http(url)
    entry = await entering.register(http, name, PASSWORD, display_name=name.title())
    return Client(entry.file, http)


async def sign_in_keyless(url: str, name: str, *, device: str = "tablet") -> Client:
    http = Http(url)
    entry = await entering.sign_in(http, name, PASSWORD, device_name=device)
    return Client(entry.file, http)
