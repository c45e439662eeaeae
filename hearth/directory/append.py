"""Appending to a person's chain and receive statements, under the lock of the user's row."""

from collections.abc import Collection, Sequence

from hearth.accounts.events import NOBODY_ELSE
from hearth.accounts.living import lock_living
from hearth.accounts.sessions import load_devices
from hearth.contract import Context, Users
from hearth.directory import rules, store
from hearth.directory.contract import ChainGrown, NewReceive, ReceiveRenewed
from hearth.directory.events import ChainAppended, ReceivePublished
from hearth.directory.rules import ChainMoved, Kinds, Person, ReceiveMoved
from hearth.directory.store import ChainRow, ReceiveRow, StatementRow
from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_chain import StatementKind
from hearth.sealed.person.user_state import ChainState
from hearth.vault.contract import NewGeneration
from hearth.vault.keep import FindSigner, has_generation
from hearth.vault.rules import ROOM_FOR_OWNER, NotAccepted, Signer, judged, require_room


async def hold_person(context: Context, user_id: int) -> Person:
    """Lock a user's row and return their chain. Raises NotFound for who is deleted."""
    await lock_living(context.transaction, (user_id,))
    return await load_person(context, user_id)


async def load_person(context: Context, user_id: int) -> Person:
    """Return a person's chain as it is stored; a state in an older form is made anew of the statements."""
    server = context.services.identity.server_id
    found = await store.find_state(context.transaction, user_id)
    if found is None:
        return Person(server, user_id, None, 0)
    state = rules.decode_state(found[0])
    if state is None:
        rows = await store.list_statements(context.transaction, user_id, after=0, limit=rules.MOST_STATEMENTS)
        beginning = Person(server, user_id, None, 0)
        state = rules.follow(beginning, [row.statement for row in rows])[-1]
    return Person(server, user_id, state, found[1])


async def is_taken(
    context: Context,
    user_id: int,
    statements: Sequence[bytes],
    generation: NewGeneration | None = None,
    receive: NewReceive | None = None,
) -> bool:
    """Tell whether everything that is signed in a request is stored already, byte for byte."""
    hashes = {rules.hash_statement(data): data for data in statements}
    if hashes and await store.list_by_hash(context.transaction, user_id, list(hashes)) != hashes:
        return False
    if receive is not None:
        digest = rules.hash_receive(receive.statement)
        rows = await store.list_receive(context.transaction, user_id, hashes=[digest])
        if [row.statement for row in rows] != [receive.statement]:
            return False
    return generation is None or await has_generation(context, user_id, generation.statement)


async def append_statements(
    context: Context, person: Person, statements: Sequence[bytes], allowed: Collection[Kinds]
) -> Kinds:
    """Append a request's statements and return their kinds; `person` is what it is afterwards.

    Raises ChainMoved (not the next ones), NotAccepted, LimitReached.
    """
    before = person.state
    with judged(ChainMoved):
        kinds = rules.check_kinds(statements, allowed)
        states = rules.follow(person, statements)
        listed = () if before is None or kinds[0] == rules.GENESIS else before.devices
        sessions = [row.id for row in await load_devices(context, person.user_id)]
        rules.check_devices(listed, states[-1], sessions)
    kept = ROOM_FOR_OWNER if kinds in rules.NEW_PROFILE else 0
    await store_statements(context, person, list(zip(states, kinds, statements, strict=True)), kept=kept)
    return kinds


async def store_statements(
    context: Context, person: Person, said: Sequence[tuple[ChainState, StatementKind, bytes]], *, kept: int
) -> None:
    """Store statements that were judged, each with the state after it. Raises LimitReached: of all that
    there may be, so many are kept for others.
    """
    before, newest = person.state, said[-1][0]
    require_room(newest.n, rules.MOST_STATEMENTS, "The chain is as long as it can be.", kept=kept)
    rows = [StatementRow(state.n, kind, state.incarnation, state.hash, data) for state, kind, data in said]
    await store.insert_statements(context.transaction, person.user_id, rows, context.now)
    head = ChainRow(person.user_id, newest.n, newest.hash, person.receive_version)
    state = rules.encode_state(newest)
    await store.save_state(context.transaction, head, state, is_new=before is None)
    person.state = newest
    context.publish(ChainGrown(user_id=person.user_id, n=newest.n), to=Users((person.user_id,)))
    context.publish(ChainAppended(user_id=person.user_id, n=newest.n), to=NOBODY_ELSE)


async def append_receive(
    context: Context, person: Person, new: NewReceive, device_id: bytes, *, is_proven: bool
) -> int:
    """Append the next receive statement, signed by this device, and return its version.

    Raises ReceiveMoved, ChainMoved (it states an older list), NotAccepted, TooManyRequests.
    """
    with judged(ReceiveMoved):
        signed = Receive.open(new.statement)
    await require_stated(context, person.user_id, signed.body.chain)
    with judged(ReceiveMoved):
        rules.check_receive(signed, new.public_key, person, device_id)
    version = signed.body.version
    if version != person.receive_version + 1:
        raise ReceiveMoved
    bucket = "receive.proven" if is_proven else "receive"
    context.services.limits.take(bucket, person.user_id, rules.RECEIVE_VERSIONS)
    await store_receive(context, person, ReceiveRow(version, signed.hash, new.statement, new.public_key))
    return version


async def store_receive(context: Context, person: Person, row: ReceiveRow) -> None:
    """Store a person's next receive statement, which was judged."""
    version = row.version
    await store.insert_receive(context.transaction, person.user_id, row, context.now)
    person.receive_version = version
    context.publish(ReceiveRenewed(user_id=person.user_id, version=version), to=Users((person.user_id,)))
    context.publish(ReceivePublished(user_id=person.user_id, version=version), to=NOBODY_ELSE)


async def require_stated(context: Context, user_id: int, head: Head) -> None:
    """Refuse a stated head at which other devices or another vault stood than now.

    Raises ChainMoved (above the chain, or something came since that counts), NotAccepted (fork).
    """
    known = await store.find_hash(context.transaction, user_id, head.n)
    if known is None:
        raise ChainMoved
    if known != head.hash:
        raise NotAccepted("another statement at this head", fields={"verdict": Verdict.FORK.value})
    if await store.has_kind_above(context.transaction, user_id, head.n, rules.CHANGES_LISTING):
        raise ChainMoved


def find_signer_of(context: Context, person: Person) -> FindSigner:
    """Return how the vault asks what a stated head says of the device that signed a generation."""

    async def find(head: Head, device_id: bytes) -> Signer:
        await require_stated(context, person.user_id, head)
        device = person.now.devices.get(device_id)
        return Signer(person.now.incarnation, None if device is None else device.sign_key)

    return find


def kem_hashes(state: ChainState) -> dict[bytes, bytes]:
    """Return the hashes of the X-Wing keys that a chain names, by device; the vault's is that of zeros."""
    hashes = {device: entry.kem_hash for device, entry in state.devices.items()}
    if state.vault is not None:
        hashes[VAULT_RECIPIENT] = state.vault.kem_hash
    return hashes
