"""One's own vault, fetched and opened with every check (docs/protocol-encryption.md, 10.9).

What comes out is not stored anywhere: the caller lets go of it when its request is signed.
"""

from hearth.client.derive import DerivedKeys
from hearth.client.keys.own import Own
from hearth.errors import WrongPassword
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.vault import Vault, VaultPlace, check_vault, open_by_password, open_vault
from hearth.vault.contract import GetVault, OwnVault


async def fetch_vault(own: Own, password: DerivedKeys) -> Vault:
    """Return what the password opens; the chain has been brought up to its end.

    Raises WrongPassword; Rejected: rollback, fork, unproven, cannot_open, malformed, unsupported.
    """
    stored: OwnVault = await own.ask(GetVault(), OwnVault)
    state = own.chain.state
    named = None if state is None else state.vault
    if named is None:
        raise Rejected(Verdict.UNPROVEN, "the chain names no vault")
    if stored.sealed is None or stored.password_wrap is None:
        raise Rejected(Verdict.ROLLBACK, "the vault is gone")
    least = max(named.version, own.keys.vault_version)
    require(stored.version >= least, Verdict.ROLLBACK, "an older vault than the chain names")
    require(stored.version == named.version, Verdict.FORK, "another vault than the chain names")
    place = VaultPlace(own.server, own.user, stored.version)
    vault_key = _open_wrap(password.kek, place, named.commitment, stored.password_wrap)
    vault = open_vault(vault_key, place, stored.sealed)
    check_vault(vault, vault_key, stored.sealed, own.chain)
    return vault


def _open_wrap(kek: bytes, place: VaultPlace, commitment: bytes, wrap: bytes) -> bytes:
    try:
        return open_by_password(kek, place, commitment, wrap)
    except Rejected as rejected:
        if rejected.verdict is Verdict.CANNOT_OPEN:
            raise WrongPassword from rejected
        if rejected.verdict is Verdict.BAD_COMMITMENT:
            raise Rejected(Verdict.FORK, "a key that the chain does not name") from rejected
        raise
