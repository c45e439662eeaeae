"""What one device knows of its own person's keys; everything in it has been verified (sections 5.2 and 6)."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence

from hearth.client.crypto.making.device import OwnDevice
from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import AccountKeys, KeptGeneration
from hearth.client.keys.make import MadeKeys, Row, seal_rows
from hearth.client.keys.people import Acquaintances
from hearth.client.keys.pins import (
    choose_pins,
    find_disputed,
    find_standing,
    list_known,
    list_pins,
    order_pins,
)
from hearth.client.replica.catch_up import Ask
from hearth.sealed.core import ed25519, hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.keyring import (
    BODIES,
    EpochId,
    EpochRow,
    HeadRow,
    OpenRow,
    PinRow,
    ReceiveRow,
    RowBody,
    RowId,
    RowKind,
    UserId,
    VersionId,
    read_keyring,
)
from hearth.sealed.person.own_chain import OwnChain, OwnGeneration
from hearth.sealed.person.pins import Pins, has_conflict
from hearth.sealed.person.vault import OwnHead
from hearth.vault.contract import AppendRows, KeyringTaken, NewRow

MOST_IN_ONE = 300
SAID = frozenset({RowKind.PIN, RowKind.HEAD})
"""Nothing but the keyring vouches for these: a receive seed fits a statement, an epoch's its record."""


def now_ms() -> int:
    """Return the time by this device's clock, in ms since 1970."""
    return time.time_ns() // 1_000_000


def make_account_keys(server: bytes) -> AccountKeys:
    """Return fresh keys of a device; they count once a chain lists them."""
    return AccountKeys(server=server, sign_seed=secrets.token_bytes(32), kem_seed=secrets.token_bytes(32))


class Own:
    """One device with keys. `receive_seeds` by version and `seeds` by epoch are what the keyring gives.

    `stored` are all rows that open; `counting` those under the newest generation that count (6.3), `rows`
    what they come to, `counted` pins and heads that ever did. `remembered` are pins that counted here,
    whatever the keyring shows now, `standing` by user those that nothing takes back, in their order.
    `device_keys` are the X-Wing keys of the person's devices, as the chain names them.
    """

    def __init__(self, file: DeviceFile, ask: Ask) -> None:
        keys = file.state.keys
        if keys is None:
            raise ValueError("this device has no keys")
        self.file, self.keys, self.ask = file, keys, ask
        self.username = file.state.username
        self.by = OwnDevice(file.state.user_id, bytes.fromhex(file.state.device_id), keys.sign_seed)
        self.met = Acquaintances(file, keys, ask)
        self.generations = OwnChain(self.chain)
        self.rows: dict[tuple[int, bytes], RowBody] = {}
        self.stored: list[OpenRow] = []
        self.counting: list[OpenRow] = []
        self.counted: set[tuple[tuple[int, bytes], RowBody]] = set()
        self.position = 0
        self.receive_seeds: dict[int, bytes] = {}
        self.device_keys: dict[bytes, bytes] = {}
        self.seeds: dict[EpochId, tuple[EpochRow, ...]] = {}
        self.remembered = list(self.kept_pins().items())
        self.standing: dict[int, list[PinRow]] = {}
        self.pins = Pins(self.kept_pins(), was_told=self.was_told)

    @property
    def server(self) -> bytes:
        return self.keys.server

    @property
    def user(self) -> int:
        return self.by.user

    @property
    def chain(self) -> Chain:
        return self.met.chain(self.file.state.user_id)

    @property
    def was_told(self) -> bool:
        """Tell whether the server has told this device of a restore (9.2)."""
        return len({*self.keys.databases, self.file.state.generation} - {""}) > 1

    @property
    def newest(self) -> OwnGeneration:
        """The newest generation. Raises Rejected(unproven) before there is one."""
        newest = self.generations.newest
        if newest is None:
            raise Rejected(Verdict.UNPROVEN, "no generation is known yet")
        return newest

    @property
    def is_listed(self) -> bool:
        """Tell whether the chain lists this device with these keys, in its own person's name."""
        return self._is_named and self.keys.identity in (b"", self.began_with())

    @property
    def _is_named(self) -> bool:
        state = self.chain.state
        listed = None if state is None else state.devices.get(self.by.device)
        return listed is not None and listed.sign_key == ed25519.public_key(self.keys.sign_seed)

    def require_own_identity(self) -> None:
        """Raise Rejected(fork) for a chain that lists this device under an identity that is not its person's.

        Anybody can list a device's public keys; whoever resets a person lists only the device that does it.
        """
        is_right = self.is_listed or not self._is_named
        require(is_right, Verdict.FORK, "this device is listed under an identity that is not its person's")

    def began_with(self) -> bytes:
        """Return the identity key with which the incarnation of today began: a linked one leaves it there."""
        state = self.chain.state
        assert state is not None  # of a chain that lists somebody
        return next(one.identity_key for one in self.chain.states if one.incarnation == state.incarnation)

    @property
    def was_listed(self) -> bool:
        return any(self.by.device in state.devices for state in self.chain.states)

    def list_others(self) -> set[bytes]:
        """Return the person's other listed devices."""
        state = self.chain.state
        return set() if state is None else set(state.devices) - {self.by.device}

    def require_listed(self) -> None:
        """Raise Rejected(not_listed) unless this device stands in the list."""
        require(self.is_listed, Verdict.NOT_LISTED, "this device is not in the list")

    def before(self) -> OwnHead | None:
        """Return the newest generation as the next one follows it; None where the own chain begins."""
        newest, state = self.generations.newest, self.chain.state
        if newest is None or state is None or newest.stated.incarnation != state.incarnation:
            return None
        return OwnHead(newest.statement.g, newest.signed.hash, newest.key)

    def carried(self) -> list[Row]:
        """Return the rows of kinds 2 to 4 that go on under the next generation; of several with one id the
        first counts, and pins in dispute follow. What is taken back goes no further.
        """
        if self.before() is None:
            return []
        counting = [
            (_read_id(kind, row_id), body)
            for (kind, row_id), body in self.rows.items()
            if kind != RowKind.PIN
        ]
        pins: list[Row] = [(UserId(user), pin) for user, pin in self.pins.by_user.items()]
        return [*counting, *pins, *find_disputed(self.counting, self.pins.by_user.values())]

    def take_rows(self) -> None:
        """Learn what the stored rows say. Raises Rejected(withheld): those of the newest set are not
        all there.
        """
        newest = self.newest.statement
        stored = [row for row in self.stored if row.g == newest.g]
        counts = self._find_counting()
        keyring = read_keyring(stored, {newest.g: newest.set}, counts)
        self.rows, self.counting = keyring.rows, [row for row in stored if counts(row)]
        self.counted |= {(row.name, row.body) for row in self.counting if row.body.KIND in SAID}
        for (_, row_id), body in keyring.rows.items():
            if isinstance(body, ReceiveRow):
                self._take_receive_seed(VersionId.unpack(row_id).version, body)
        self.remember_pins()

    def remember_pins(self, pins: Iterable[tuple[int, PinRow]] = ()) -> None:
        """Know these pins, and find anew which count (6.3): by what takes them back, n, and place.

        Those that the keyring has lost stand after what it shows.
        """
        known = dict.fromkeys([*self.pins.by_user.items(), *pins])
        self.remembered += [one for one in known if one not in self.remembered]
        listed = order_pins(self.remembered, list_pins(self.counting), self.shown_pins())
        self.standing = find_standing(listed)
        may_take: dict[int, list[PinRow]] = {}
        if self.was_told:
            sets = {g: one.statement.set for g, one in self.generations.generations.items()}
            may_take = list_known(self.stored, sets, self.counted, listed)
        self.pins = Pins(choose_pins(self.standing), may_take, self.was_told)

    def is_disputed(self, user: int) -> bool:
        """Tell whether one's own devices were shown different things of somebody, since one compared last."""
        pin = self.pins.by_user.get(user)
        said = self.standing.get(user, [])
        chain = self.met.chain(user)
        return pin is not None and has_conflict(said, pin, chain, was_told=self.was_told)

    def _find_counting(self) -> Callable[[OpenRow], bool]:
        """Return what tells whether a row under the newest generation counts.

        All do, but for pins and heads where a removed device has the key still: these must be known from
        before, or be of a set that a listed device has signed.
        """
        if not self.generations.is_left_behind():
            return lambda _row: True
        is_by_listed = self.generations.is_by_listed()
        known = self.counted | {
            ((RowKind.PIN, UserId(user).pack()), pin) for user, pin in self.kept_pins().items()
        }
        return lambda row: (
            row.body.KIND not in SAID or (row.is_of_set and is_by_listed) or (row.name, row.body) in known
        )

    def shown_pins(self) -> set[tuple[int, PinRow]]:
        """Return every pin of the keyring, by user. One that it has lost still counts, after those."""
        return set(list_pins(self.stored))

    def _take_receive_seed(self, version: int, row: ReceiveRow) -> None:
        """A seed that does not fit its statement is no seed."""
        known = {signed.body.version: signed for signed in self.chain.receive_statements}.get(version)
        if known is not None:
            is_named = known.hash == row.statement_hash
            if not is_named or hpke.kem_hash(hpke.public_key(row.seed)) != known.body.kem_hash:
                return
        self.receive_seeds[version] = row.seed

    def find_head(self, conversation: bytes) -> HeadRow | None:
        """Return what the keyring says of a conversation's newest checked epoch."""
        found = self.rows.get((RowKind.HEAD, conversation))
        return found if isinstance(found, HeadRow) else None

    def kept_pins(self) -> dict[int, PinRow]:
        """Return the pins that this device has made itself, by user."""
        people = self.keys.people.items()
        return {int(user): PinRow.unpack(kept.pin) for user, kept in people if kept.pin is not None}

    def set_pins(self, pins: Pins) -> list[Row]:
        """Take changed pins, on disk when this returns; gives their rows for the keyring."""
        changed = [
            (UserId(user), pin) for user, pin in pins.by_user.items() if self.pins.by_user.get(user) != pin
        ]
        self.remember_pins((row_id.user, pin) for row_id, pin in changed)
        for row_id, pin in changed:
            self.met.keep(row_id.user, pin.pack())
        return list(changed)

    async def append(self, rows: Sequence[Row]) -> None:
        """Append rows under the newest generation. Raises HearthError (generation_moved above all)."""
        newest = self.newest
        place = (self.server, self.user, newest.statement.g, newest.key)
        await self.send_rows(seal_rows(*place, rows))
        for row_id, body in rows:
            if not isinstance(body, EpochRow):
                self.rows[body.KIND, row_id.pack()] = body

    async def send_rows(self, rows: Sequence[NewRow]) -> None:
        for at in range(0, len(rows), MOST_IN_ONE):
            await self.ask(AppendRows(rows=list(rows[at : at + MOST_IN_ONE])), KeyringTaken)

    def take_statements(self, statements: Iterable[bytes]) -> None:
        """Take what this device has said itself."""
        for statement in statements:
            self.chain.take(statement)
        self.met.keep(self.user)

    async def send_keys(self, made: MadeKeys) -> None:
        """Note what a request has no room for, before it leaves: after a crash the next connect
        carries it over.
        """
        newest = self.generations.newest
        if made.later and self.keys.carry_from is None and newest is not None:
            self.keys.carry_from = newest.statement.g
            self.keys.carry = [digest_row(row_id, body) for row_id, body in self.carried()]
            self.file.save()

    async def learn_keys(self, made: MadeKeys) -> None:
        """After the server took them: know them as if they had been fetched, and append what had no room."""
        before = self.generations.newest
        self.take_generation(made.generation.statement, made.key)
        signed = self.chain.take_receive(made.receive.request.statement)
        public = made.receive.request.public_key
        self.met.receive_keys[signed.body.kem_hash] = public
        self.receive_seeds[made.receive.version] = made.receive.seed
        row_id, body = made.receive.row
        self.rows[body.KIND, row_id.pack()] = body
        self.met.keep(self.user)
        self.remember()
        if made.later:
            await self.send_rows(made.later)
            if before is not None and self.keys.carry_from == before.statement.g:
                self.keys.carry_from, self.keys.carry = None, []
                self.file.save()

    def take_generation(self, statement: bytes, key: bytes) -> None:
        """Take the next generation. One that begins the own chain anew leaves no rows. Raises
        Rejected: 6.1.
        """
        before = self.generations.newest
        taken = self.generations.take(statement, key)
        if before is not None and taken.stated.incarnation != before.stated.incarnation:
            self.stored, self.counting, self.rows, self.seeds = [], [], {}, {}
            self.keys.carry_from, self.keys.carry = None, []

    def remember(self) -> None:
        """Keep the newest generation, the vault's version and whose device this is: a later start knows no
        less.
        """
        newest, state = self.newest, self.chain.state
        assert state is not None
        if self.is_listed:
            self.keys.identity = self.began_with()
        self.keys.generation = KeptGeneration(
            newest.statement.g, newest.signed.hash, newest.key, newest.stated.incarnation
        )
        if state.vault is not None:
            self.keys.vault_version = state.vault.version
        self.file.save()


def digest_row(row_id: RowId, body: RowBody) -> bytes:
    """Return what a row is known by in the device file."""
    return sha256(bytes([body.KIND]) + row_id.pack() + body.pack())


def _read_id(kind: int, row_id: bytes) -> RowId:
    found: RowId = BODIES[RowKind(kind)].ID.unpack(row_id)
    return found
