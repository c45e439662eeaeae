"""How each operation of the vectors is run here: one function per name, hex in, values out."""

from dataclasses import fields
from typing import Any

from hearth.client.crypto import files, private, trust
from hearth.client.crypto.log import body, chain, record
from hearth.sealed.core import box, ed25519, hpke, labels, padding
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group import check, ids, seeds
from hearth.sealed.group.entries import Leave, Restored
from hearth.sealed.group.epoch import EpochRecord, Roster
from hearth.sealed.group.rewrap import RewrapRequest
from hearth.sealed.group.steps import Facts
from hearth.sealed.person import generations, keyring, recovery, vault
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.keyring import PinRow, UserId
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_state import ChainState, apply_statement
from tests.client.crypto import rights as rights  # its import says how those vectors are run
from tests.client.crypto.vectors import In, operation, show, show_extensions, show_signed


@operation("ed25519.verify")
def _(given: In) -> Any:
    return {"valid": ed25519.is_valid(given.public, given.signature, given.message)}


@operation("box.seal")
def _(given: In) -> Any:
    label = labels.make_label(given.values["label"])
    return {"box": box.seal_box(given.key, label, given.aad, given.plaintext, given.salt)}


@operation("box.open")
def _(given: In) -> Any:
    label = labels.make_label(given.values["label"])
    return {"plaintext": box.open_box(given.key, label, given.aad, given.box)}


@operation("hpke.public")
def _(given: In) -> Any:
    public = hpke.public_key(given.seed)
    return {"public": public, "kem_hash": hpke.kem_hash(public)}


@operation("hpke.seal")
def _(given: In) -> Any:
    return {"length": len(hpke.seal(given.public, given.info, given.plaintext))}


@operation("hpke.open")
def _(given: In) -> Any:
    return {"plaintext": hpke.open_wrap(given.seed, given.info, given.wrap)}


def place_of(given: In) -> vault.VaultPlace:
    return vault.VaultPlace(given.server, given.user, given.version)


@operation("vault.open")
def _(given: In) -> Any:
    opened = vault.open_vault(given.vault_key, place_of(given), given.sealed)
    return {**show(opened), "extensions": show_extensions(opened.extensions)}


@operation("vault.commit")
def _(given: In) -> Any:
    return {"commitment": vault.commit_vault(place_of(given), given.vault_key)}


@operation("vault.open_password")
def _(given: In) -> Any:
    return {"vault_key": vault.open_by_password(given.kek, place_of(given), given.commitment, given.wrap)}


@operation("vault.open_way")
def _(given: In) -> Any:
    opener = recovery.derive_secrets(given.key)
    kind = vault.WayKind(given.kind)
    return {"vault_key": vault.open_way(opener, place_of(given), kind, given.id, given.way)}


@operation("recovery.derive")
def _(given: In) -> Any:
    return {"shown": recovery.show_recovery_key(given.key), **show(recovery.derive_secrets(given.key))}


@operation("recovery.read")
def _(given: In) -> Any:
    return {"key": recovery.read_recovery_key(given.values["typed"])}


@operation("user_chain.apply")
def _(given: In) -> Any:
    state: ChainState | None = None
    *before, last = [bytes.fromhex(statement) for statement in given.statements]
    for statement in before:
        try:
            state = apply_statement(state, given.server, given.user, statement)
        except Rejected as error:
            raise AssertionError("only the last statement of a vector is refused") from error
    state = apply_statement(state, given.server, given.user, last)
    shown = show(state)
    del shown["device_keys"], shown["identity_keys"], shown["retired"]
    return {**shown, "devices": list(shown["devices"].values())}


@operation("generation.open")
def _(given: In) -> Any:
    signed = Generation.open(given.statement)
    signed.verify(given.sign_key)
    key = generations.unwrap_generation(given.seed, signed.body, signed.hash, given.recipient, given.wrap)
    return show_signed(signed, key=key)


@operation("predecessor.open")
def _(given: In) -> Any:
    statement, previous = Generation.open(given.statement), Generation.open(given.previous)
    return {"key": generations.open_predecessor(given.key, statement.body, previous.body, given.box)}


def read_signed(kind: Any, data: bytes, given: In) -> Any:
    signed = kind.open(data)
    signed.verify(given.sign_key)
    return show_signed(signed)


@operation("receive.read")
def _(given: In) -> Any:
    return read_signed(Receive, given.statement, given)


@operation("row.open")
def _(given: In) -> Any:
    place = keyring.RowPlace(given.server, given.user, given.g, given.kind, given.id)
    row_id, row = keyring.open_row(given.key, place, given.sealed)
    return {"kind": row.KIND, **show(row_id), **show(row)}


@operation("row.set")
def _(given: In) -> Any:
    rows = [(row["kind"], bytes.fromhex(row["id"]), bytes.fromhex(row["body"])) for row in given.rows]
    return {"set": keyring.hash_set(rows)}


@operation("row.counting")
def _(given: In) -> Any:
    read = [(row["kind"], bytes.fromhex(row["id"]), bytes.fromhex(row["body"])) for row in given.rows]
    opened = [keyring.OpenRow(1, *keyring.read_row(*row)) for row in read]
    counting = keyring.read_keyring(opened, {1: keyring.hash_set([])}).rows
    pins = [(UserId.unpack(name), body) for (_, name), body in counting.items()]
    return {"pins": [body.hash_of(row_id.user) for row_id, body in pins if isinstance(body, PinRow)]}


@operation("private.open")
def _(given: In) -> Any:
    names = [field.name for field in fields(private.PrivatePlace)]
    place = private.PrivatePlace(**{name: getattr(given, name) for name in names})
    return {"fields": private.open_private(given.key, place, given.sealed)}


@operation("conversation.ids")
def _(given: In) -> Any:
    direct = ids.direct_id(given.server, given.a, given.b)
    return {"direct": direct, "self": ids.self_id(given.server, given.a)}


@operation("conversation.group")
def _(given: In) -> Any:
    return {"group": ids.group_id(given.server, given.user, given.device, given.time)}


@operation("epoch.read")
def _(given: In) -> Any:
    return read_signed(EpochRecord, given.record, given)


@operation("roster.read")
def _(given: In) -> Any:
    roster = Roster.unpack(given.roster)
    return {**show(roster), "hash": roster.hash()}


@operation("seed.derive")
def _(given: In) -> Any:
    commitment = seeds.commit_seed(given.conversation, given.n, given.seed)
    return {"commitment": commitment, "key": seeds.epoch_key(given.seed, given.record_hash)}


def seed_place(given: In) -> seeds.SeedPlace:
    return seeds.SeedPlace(given.conversation, given.n, given.record_hash, given.commitment)


@operation("seed.unwrap")
def _(given: In) -> Any:
    return {"seed": seeds.unwrap_seed(given.receive_seed, seed_place(given), given.user, given.wrap)}


@operation("rewrap.request")
def _(given: In) -> Any:
    return read_signed(RewrapRequest, given.request, given)


@operation("rewrap.open")
def _(given: In) -> Any:
    place = seed_place(given)
    return {"seed": seeds.open_rewrap(given.receive_seed, place, given.receive_hash, given.wrap)}


@operation("history.open")
def _(given: In) -> Any:
    opened = seeds.open_history(given.receive_seed, given.record_hash, given.user, given.wrap, given.list)
    return {"seeds": opened}


@operation("epoch.step")
def _(given: In) -> Any:
    linked = {(one["user"], one["before"], one["after"]) for one in given.linked}
    left = {(one["user"], one["cause"]) for one in given.left}
    facts = Facts(
        is_linked=lambda user, before, after: (user, before.hex(), after.hex()) in linked,
        has_left=lambda user, cause: (user, cause.hex()) in left,
    )
    own = given.values["self"]
    before = None if given.before is None else read_before(given.before)
    data, roster = bytes.fromhex(given.after["record"]), bytes.fromhex(given.after["roster"])
    first = EpochRecord.open(data).body if before is None else before.record
    where = check.Where(first.server, first.conversation, own)
    check.check_record(before, data, roster, where, facts)
    return {"accepted": True}


def read_before(given: dict[str, str]) -> Any:
    return check.read_epoch(bytes.fromhex(given["record"]), bytes.fromhex(given["roster"]))


@operation("log.first")
def _(given: In) -> Any:
    return {"hash": chain.first_hash(given.conversation)}


@operation("log.chain")
def _(given: In) -> Any:
    return {"hash": chain.next_hash(given.previous, given.seq, given.kind, given.user, given.record_hash)}


@operation("leave.read")
def _(given: In) -> Any:
    return read_signed(Leave, given.entry, given)


@operation("restored.read")
def _(given: In) -> Any:
    return read_signed(Restored, given.entry, given)


@operation("record.open")
def _(given: In) -> Any:
    names = [field.name for field in fields(record.Aad) if field.name not in ("format", "lane")]
    place = record.Aad(**{name: getattr(given, name) for name in names})
    opened = record.open_record(given.key, place, given.record, given.sign_key)
    record.check_target_hash(place.target_seq, opened.inner.target_hash)
    shown = show(opened)
    return {**shown.pop("inner"), **shown}


@operation("record.buckets")
def _(given: In) -> Any:
    return {"buckets": [padding.bucket_of(length) for length in given.lengths]}


@operation("body.read")
def _(given: In) -> Any:
    content = body.read_body(given.body)
    return {"content": content.fields, "extensions": show_extensions(content.extensions)}


@operation("heads.read")
def _(given: In) -> Any:
    return body.Heads.unpack(given.heads)


@operation("file.open")
def _(given: In) -> Any:
    name = files.FileName(given.key, given.length, given.stored_hash, given.content_hash)
    return {"content": files.open_file(name, given.stored)}


@operation("file.seal_pattern")
def _(given: In) -> Any:
    content = bytes(i % 251 for i in range(given.length))
    stored, name = files.seal_file(given.key, content, given.salt)
    assert files.open_file(name, stored) == content
    return {"stored_length": len(stored), "stored_hash": name.stored_hash, "content_hash": name.content_hash}


def person_of(values: dict[str, Any]) -> trust.Person:
    given = In(values)
    return trust.Person(given.server, given.user, given.identity_key)


@operation("trust.fingerprint")
def _(given: In) -> Any:
    return {"fingerprint": trust.fingerprint(person_of(given.values))}


@operation("trust.safety_number")
def _(given: In) -> Any:
    a, b = person_of(given.a), person_of(given.b)
    halves = [trust.safety_half(a), trust.safety_half(b)]
    return {"number": trust.safety_number(a, b), "halves": halves}


@operation("trust.conversation_code")
def _(given: In) -> Any:
    code = trust.conversation_code(given.conversation, given.n, given.record_hash, given.seq, given.log_hash)
    return {"code": code}


@operation("trust.link")
def _(given: In) -> Any:
    return {"public": trust.link_public_key(given.secret)}


@operation("trust.join")
def _(given: In) -> Any:
    person = person_of(given.values)
    return {"valid": trust.is_join(given.public, given.conversation, person, given.signature)}
