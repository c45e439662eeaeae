"""The trust page: there while we have an authority of our own, in the reader's language, without a key."""

from html import escape
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from quart import Quart
from quart import typing as quart_typing

from hearth.authority import renew_certificate
from hearth.errors import NotFound
from hearth.trust.pages import make_trust_pages
from hearth.trust.words import ENGLISH, WORDS, Words


@pytest.fixture
def client(tmp_path: Path) -> quart_typing.TestClientProtocol:
    app = Quart(__name__)
    app.register_blueprint(make_trust_pages(tmp_path))
    app.register_error_handler(NotFound, lambda _: ("absent", 404))
    return app.test_client()


async def test_without_an_authority_there_is_no_such_page(client: quart_typing.TestClientProtocol) -> None:
    for path in ("/trust", "/trust/look.css", "/trust/ca.crt"):
        assert (await client.get(path)).status_code == 404


async def test_the_page_hands_out_the_authority_with_its_fingerprint(
    client: quart_typing.TestClientProtocol, tmp_path: Path
) -> None:
    files = renew_certificate(tmp_path, ["box.local"])
    response = await client.get("/trust/ca.crt")
    assert response.content_type == "application/x-x509-ca-cert"
    body = await response.get_data(as_text=False)
    assert b"PRIVATE" not in body
    certificate = x509.load_pem_x509_certificate(body)
    assert certificate == x509.load_pem_x509_certificate(files.authority.read_bytes())
    page = await (await client.get("/trust")).get_data(as_text=True)
    assert certificate.fingerprint(hashes.SHA256()).hex(":").upper() in page
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("asked", "language", "direction"),
    [
        ("hi-IN,hi;q=0.9,en;q=0.8", "hi", "ltr"),
        ("gu", "gu", "ltr"),
        ("ar-EG", "ar", "rtl"),
        ("fr-FR,ar;q=0.5,en;q=0.4", "ar", "rtl"),
        ("en-GB,hi;q=0.5", "en", "ltr"),
        ("fr", "en", "ltr"),
        (None, "en", "ltr"),
        ('"><script>', "en", "ltr"),
    ],
)
async def test_it_speaks_the_language_that_the_browser_asks_for(
    client: quart_typing.TestClientProtocol,
    tmp_path: Path,
    asked: str | None,
    language: str,
    direction: str,
) -> None:
    renew_certificate(tmp_path, ["box.local"])
    response = await client.get("/trust", headers={} if asked is None else {"Accept-Language": asked})
    page = await response.get_data(as_text=True)
    assert response.headers["Vary"] == "Accept-Language"
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert WORDS[language].why in page
    assert "$" not in page and "<script" not in page and "style=" not in page
    # Whoever's phone is set to English finds its menus named so, whatever they read.
    for device in ENGLISH.devices:
        assert all(escape(menu) in page for _, menu in device.steps)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
def test_every_language_says_all_of_it(words: Words) -> None:
    assert [[bool(menu) for _, menu in device.steps] for device in words.devices] == [
        [bool(menu) for _, menu in device.steps] for device in ENGLISH.devices
    ]
    texts = {name: getattr(words, name) for name in Words.__slots__ if name not in ("devices", "direction")}
    assert all(texts.values())
    if words is not ENGLISH:
        assert not [name for name, text in texts.items() if text == getattr(ENGLISH, name)]
