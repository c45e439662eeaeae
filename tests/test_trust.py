"""The trust page: there while we have an authority of our own, and never handing out a key."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from quart import Quart
from quart import typing as quart_typing

from hearth.authority import renew_certificate
from hearth.errors import NotFound
from hearth.trust import make_trust_pages


@pytest.fixture
def client(tmp_path: Path) -> quart_typing.TestClientProtocol:
    app = Quart(__name__)
    app.register_blueprint(make_trust_pages(tmp_path))
    app.register_error_handler(NotFound, lambda _: ("absent", 404))
    return app.test_client()


async def test_without_an_authority_there_is_no_such_page(client: quart_typing.TestClientProtocol) -> None:
    for path in ("/trust", "/trust/ca.crt"):
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
