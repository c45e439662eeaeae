"""What the device file keeps of keys: secrets, and the heads that were seen. All else is fetched and
checked anew.

A head that is kept is the least that a server must still show: a chain that ends below it is a rollback, one
that has another hash there a fork (docs/protocol-encryption.md, 5.2).
"""

import msgspec


class KeptHead(msgspec.Struct, frozen=True):
    """A statement, epoch or generation by number and hash; number 0 for none."""

    n: int = 0
    hash: bytes = bytes(32)


class KeptGeneration(msgspec.Struct, frozen=True):
    """The newest generation: its number, the hash of its statement, A_g, the incarnation that it is of."""

    g: int
    hash: bytes
    key: bytes
    incarnation: int


class KeptPerson(msgspec.Struct, frozen=True):
    """The highest statements seen of a person, the pin (a packed row of the keyring), and the names in the
    chain, empty before it was seen.
    """

    chain: KeptHead = KeptHead()
    receive: KeptHead = KeptHead()
    pin: bytes | None = None
    username: str = ""
    display_name: str = ""


class KeptWrap(msgspec.Struct, frozen=True):
    """A seed sealed to a member, as it is sent."""

    user_id: int
    wrap: bytes


class KeptHistory(msgspec.Struct, frozen=True):
    """Earlier seeds for newcomers: the sealed list, and its key for each of them."""

    sealed: bytes
    wraps: list[KeptWrap]


class KeptRequest(msgspec.Struct, frozen=True):
    """An epoch that was made and not answered: sent again as the same bytes. `seed` is its own."""

    n: int
    record: bytes
    roster: bytes | None
    wraps: list[KeptWrap]
    seed: bytes
    history: KeptHistory | None = None


class KeptConversation(msgspec.Struct, frozen=True):
    """The newest accepted epoch, and what stopped the conversation (a verdict), if anything did.

    `lost`: an epoch that a restored server does not have; until `lost_until` (ms) it may come back.
    `removed`: whose removal it has lost; who is a member, and was neither removed nor added by somebody above
    the epoch that is named with them, is to be removed anew. `added`: the lost epochs (hashes) that had added
    them before: given back, they decide nothing.
    """

    epoch: KeptHead = KeptHead()
    pending: KeptRequest | None = None
    stopped: str | None = None
    lost: KeptHead = KeptHead()
    lost_until: int = 0
    removed: dict[int, int] = {}
    added: dict[int, list[bytes]] = {}


class KeptPrivate(msgspec.Struct, frozen=True):
    """A private row as it was last read or written: JSON, `{}` for nothing (6.4)."""

    g: int
    version: int
    content: bytes
    incarnation: int


class AccountKeys(msgspec.Struct, kw_only=True):
    """Everything of one device. `carry_from`: a generation whose rows have still to be carried over,
    `carry` by what these are known (digest_row).

    `identity` is the key with which the incarnation began that lists this device: no other one speaks for it.
    `databases` are the generations of the server's database that it was told of; all else is of the last.
    `lost`: how long chains of people were that a restored server has shorter; until `lost_until` (ms) they
    may come back.
    """

    server: bytes
    sign_seed: bytes
    kem_seed: bytes
    identity: bytes = b""
    generation: KeptGeneration | None = None
    vault_version: int = 0
    carry_from: int | None = None
    carry: list[bytes] = []
    people: dict[str, KeptPerson] = {}
    conversations: dict[str, KeptConversation] = {}
    databases: list[str] = []
    lost: dict[str, int] = {}
    lost_until: int = 0
    private: dict[str, KeptPrivate] = {}
