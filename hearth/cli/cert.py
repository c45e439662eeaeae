"""`hearth cert`: a certificate for this machine's names and addresses, from an authority of one's own."""

import argparse

from hearth.authority import list_certificate_names, renew_certificate
from hearth.certificates import format_fingerprint
from hearth.config import Config, is_loopback_name
from hearth.network import list_addresses, list_names
from hearth.safety import prepare_data


def run(config: Config, options: argparse.Namespace) -> int:
    prepare_data(config.data)
    own = [*list_names(), *(str(address) for address in list_addresses())]
    listening = [] if is_loopback_name(config.host) or config.host in ("0.0.0.0", "::") else [config.host]  # noqa: S104
    names = list(dict.fromkeys([*options.names, *listening, *own, "localhost", "127.0.0.1", "::1"]))
    files = renew_certificate(config.data, names)
    covered, ends = list_certificate_names(files.certificate)
    print(f"Made a certificate for: {', '.join(covered)}")
    print(
        f"It is good until {ends:%d %B %Y}. Run `hearth cert` again before that, or when an address changes."
    )
    print(f"Fingerprint of the authority: {format_fingerprint(files.authority.read_bytes())}")
    print(f"It lies in {files.certificate.parent}; `hearth serve --host 0.0.0.0` uses it by itself.")
    return 0
