"""The page that tells how a phone comes to trust our own certificate, and that certificate's authority itself.

Plain HTML without scripts: it must work before anything else does. Only served while the authority exists.
"""

from pathlib import Path

from quart import Blueprint, Response

from hearth.certificates import format_fingerprint, read_authority
from hearth.errors import NotFound

CERTIFICATE_TYPE = "application/x-x509-ca-cert"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Trust this Hearth</title>
</head>
<body>
<main>
<h1>Trust this Hearth</h1>
<p>This server made its own certificate, so your browser cannot know it yet. Do this once on each phone or computer.</p>
<p>Fingerprint of the authority (SHA-256), which <code>hearth cert</code> also prints on the server:</p>
<p><code>{fingerprint}</code></p>
<p><a href="/trust/ca.crt" download="hearth.crt"><strong>1. Download the authority's certificate</strong></a></p>
<h2>2. Accept it</h2>
<h3>iPhone and iPad</h3>
<ol>
<li>Use Safari for the download, and allow it.</li>
<li>Settings → General → VPN &amp; Device Management → the downloaded profile → Install.</li>
<li>Settings → General → About → Certificate Trust Settings → switch it on.</li>
</ol>
<h3>Android</h3>
<ol>
<li>Settings → Security &amp; privacy → More → Encryption &amp; credentials → Install a certificate → CA certificate.</li>
<li>Choose the downloaded file <code>hearth.crt</code>. Names differ a little from maker to maker.</li>
</ol>
<h3>Windows</h3>
<ol>
<li>Open the file → Install Certificate → Current User → Trusted Root Certification Authorities.</li>
</ol>
<h3>macOS</h3>
<ol>
<li>Open the file, so that it is in Keychain Access; open it there → Trust → Always Trust.</li>
</ol>
<h3>Firefox</h3>
<ol>
<li>Settings → Privacy &amp; Security → Certificates → View Certificates → Authorities → Import.</li>
</ol>
<h2>3. Open Hearth</h2>
<p><a href="/">Open Hearth</a>. There should be no warning any more; if there is one, close the browser and try again.</p>
<h2>What you agree to</h2>
<p>The authority can vouch for private addresses and for the names of this server only, not for any other site.
You can remove it in the same place at any time.</p>
</main>
</body>
</html>
"""


def make_trust_pages(data: Path) -> Blueprint:
    """Return the routes /trust and /trust/ca.crt for a data directory."""
    pages = Blueprint("trust", __name__)

    @pages.get("/trust")
    async def explain() -> Response:
        page = PAGE.format(fingerprint=format_fingerprint(require_authority(data)))
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
