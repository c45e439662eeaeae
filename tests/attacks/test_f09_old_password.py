"""F9: an old password and an old vault are tried again, a thief keeps the identity, recovery is led away."""

import pytest

from hearth.sealed.core import hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.recovery import derive_secrets
from hearth.sealed.person.user_chain import VaultStatement
from hearth.sealed.person.vault import (
    OwnHead,
    Vault,
    VaultPlace,
    Way,
    WayKind,
    check_vault,
    commit_vault,
    open_by_password,
    open_vault,
    open_way,
    seal_vault,
    seal_way,
    wrap_by_password,
)
from tests.client.crypto.cast import SERVER, Person, meet, seed_of
from tests.client.crypto.room import NO_HASH

pytestmark = pytest.mark.sqlite
OLD, NEW = b"o" * 32, b"n" * 32
"""What the old and the new password give: the key that opens the wrap."""


class Home:
    """Alice's vault at the server, version after version."""

    def __init__(self) -> None:
        self.alice = Person(1, "alice").begin()
        self.vaults: list[tuple[bytes, bytes]] = []

    def seal(self, kek: bytes) -> None:
        """Make the next vault for a password: a new VK, sealed vault and wrap, and its statement."""
        version, state = len(self.vaults) + 1, self.alice.now
        vault = Vault(
            version=version,
            identity_seed=seed_of(self.alice.identity),
            kem_seed=seed_of(f"vault {version}"),
            own_chain=OwnHead(0, NO_HASH, bytes(32)),
            user_chain=state.head,
            ways=(),
            extensions=(),
        )
        key = seed_of(f"VK {version}")
        sealed = seal_vault(key, SERVER, 1, vault)
        place = VaultPlace(SERVER, 1, version)
        kem_hash = hpke.kem_hash(hpke.public_key(vault.kem_seed))
        self.alice.say(VaultStatement(version, sha256(sealed), commit_vault(place, key), kem_hash))
        self.vaults.append((sealed, wrap_by_password(kek, place, key)))

    def open(self, kek: bytes, version: int, chain: Chain) -> Vault:
        """Open what the server gives as the vault, as section 10.9 says."""
        sealed, wrap = self.vaults[version - 1]
        place, state = VaultPlace(SERVER, 1, version), chain.state
        assert state is not None and state.vault is not None
        key = open_by_password(kek, place, commit_vault(place, seed_of(f"VK {version}")), wrap)
        vault = open_vault(key, place, sealed)
        check_vault(vault, key, sealed, chain)
        return vault

    @property
    def chain(self) -> Chain:
        return meet(self.alice).chain(1)


def refused(home: Home, kek: bytes, version: int, chain: Chain | None = None) -> Verdict:
    with pytest.raises(Rejected) as caught:
        home.open(kek, version, chain or home.chain)
    return caught.value.verdict


@pytest.fixture
def home() -> Home:
    """Alice has changed her password once."""
    home = Home()
    home.seal(OLD)
    home.seal(NEW)
    return home


def test_control_the_new_password_opens_the_new_vault(home: Home) -> None:
    assert home.open(NEW, 2, home.chain).version == 2


def test_the_old_password_opens_the_old_vault_only_and_no_client_takes_that(home: Home) -> None:
    assert refused(home, OLD, 2) is Verdict.CANNOT_OPEN
    assert refused(home, OLD, 1) is Verdict.ROLLBACK


def test_each_vault_has_a_key_of_its_own(home: Home) -> None:
    """So an old password with an old copy of the wrap opens nothing that was sealed later."""
    old_key = open_by_password(
        OLD,
        VaultPlace(SERVER, 1, 1),
        commit_vault(VaultPlace(SERVER, 1, 1), seed_of("VK 1")),
        home.vaults[0][1],
    )
    with pytest.raises(Rejected) as caught:
        open_vault(old_key, VaultPlace(SERVER, 1, 2), home.vaults[1][0])
    assert caught.value.verdict is Verdict.CANNOT_OPEN


def test_a_vault_of_the_servers_making_is_not_the_one_that_the_chain_names(home: Home) -> None:
    """Somebody who knows the password lets the server hand out another vault under the newest version."""
    sealed, wrap = home.vaults[1]
    forged = Vault(
        2,
        seed_of(home.alice.identity),
        seed_of("forged"),
        OwnHead(0, NO_HASH, bytes(32)),
        home.alice.now.head,
        (),
        (),
    )
    home.vaults[1] = (seal_vault(seed_of("VK 2"), SERVER, 1, forged), wrap)
    assert refused(home, NEW, 2) is Verdict.FORK
    home.vaults[1] = (sealed, wrap)
    assert home.open(NEW, 2, home.chain).version == 2


def test_after_a_theft_the_old_identity_lists_no_device(home: Home) -> None:
    """The thief has the vault's identity key: once it is renewed, what the old one signs counts no more."""
    stolen = home.alice.identity
    home.alice.renew_identity("alice after the theft")
    chain = home.chain
    home.alice.identity = stolen
    before = len(home.alice.statements)
    with pytest.raises(Rejected) as caught:
        home.alice.set_devices("thief phone")
    assert caught.value.verdict is Verdict.BAD_SIGNATURE
    assert len(home.alice.statements) == before and chain.state == home.alice.state
    home.alice.identity = "alice after the theft"
    home.alice.set_devices("alice phone")
    assert chain.take(home.alice.statements[-1]) is not None


def test_who_knows_the_public_key_of_a_recovery_key_makes_no_way_in() -> None:
    """HPKE has no sender: without the tag a server could hand a recovering person a vault of its own."""
    opener = derive_secrets(b"r" * 32)
    place, way_id = VaultPlace(SERVER, 1, 2), b"w" * 16
    public = hpke.public_key(opener.kem_seed)
    way = Way(WayKind.RECOVERY, way_id, public, opener.tag_key)
    honest = seal_way(way, place, b"V" * 32)
    assert open_way(opener, place, WayKind.RECOVERY, way_id, honest) == b"V" * 32
    forged = seal_way(Way(WayKind.RECOVERY, way_id, public, b"?" * 32), place, b"F" * 32)
    with pytest.raises(Rejected) as caught:
        open_way(opener, place, WayKind.RECOVERY, way_id, forged)
    assert caught.value.verdict is Verdict.CANNOT_OPEN
