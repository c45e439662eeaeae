"""What is sealed opens for whom and where it was meant, and with any byte changed for nobody."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.client.crypto import files, trust
from hearth.client.crypto.log import body, record
from hearth.sealed.core import ed25519, hpke, labels
from hearth.sealed.core.box import open_box, seal_box
from hearth.sealed.core.packed import Place
from hearth.sealed.core.statements import Extension
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group import seeds as epoch_seeds
from hearth.sealed.group.entries import LONGEST
from hearth.sealed.person import generations, keyring, recovery, vault
from tests.client.crypto.strategies import seeds, values_of
from tests.client.crypto.test_formats import change

quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEM_SEED, OTHER_SEED = b"k" * 32, b"o" * 32
KEM_PUBLIC = hpke.public_key(KEM_SEED)
SIGN_SEED = b"s" * 32
SIGN_KEY = ed25519.public_key(SIGN_SEED)
SERVER = b"v" * 16
NOWHERE = bytes(32)


def place_at(target_seq: int) -> record.Aad:
    return record.Aad(
        conversation=b"c" * 16,
        epoch=3,
        epoch_hash=b"h" * 32,
        user=2,
        device=b"d" * 16,
        client_id=b"i" * 16,
        counter=5,
        kind=1,
        target_seq=target_seq,
    )


def refuse(open_it: Callable[[], object], *verdicts: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        open_it()
    assert not verdicts or caught.value.verdict in verdicts


@quick
@given(key=seeds, aad=st.binary(max_size=40), plaintext=st.binary(max_size=300), data=st.data())
def test_a_box(key: bytes, aad: bytes, plaintext: bytes, data: st.DataObject) -> None:
    sealed = seal_box(key, labels.ROW, aad, plaintext)
    assert open_box(key, labels.ROW, aad, sealed) == plaintext
    assert len(sealed) == len(plaintext) + 33
    assert sealed != seal_box(key, labels.ROW, aad, plaintext)
    changed = data.draw(change(sealed))
    refuse(lambda: open_box(key, labels.ROW, aad, changed), Verdict.CANNOT_OPEN, Verdict.UNSUPPORTED)
    refuse(lambda: open_box(key, labels.VAULT, aad, sealed), Verdict.CANNOT_OPEN)
    refuse(lambda: open_box(key, labels.ROW, aad + b"x", sealed), Verdict.CANNOT_OPEN)


@quick
@given(info=st.binary(max_size=60), plaintext=seeds, data=st.data())
def test_a_wrap(info: bytes, plaintext: bytes, data: st.DataObject) -> None:
    wrap = hpke.seal(KEM_PUBLIC, info, plaintext)
    assert len(wrap) == hpke.WRAP
    assert hpke.open_wrap(KEM_SEED, info, wrap) == plaintext
    refuse(lambda: hpke.open_wrap(KEM_SEED, info, data.draw(change(wrap))), Verdict.CANNOT_OPEN)
    refuse(lambda: hpke.open_wrap(OTHER_SEED, info, wrap), Verdict.CANNOT_OPEN)
    refuse(lambda: hpke.open_wrap(KEM_SEED, info + b"x", wrap), Verdict.CANNOT_OPEN)
    refuse(lambda: hpke.open_wrap(KEM_SEED, info, wrap[:-1]), Verdict.MALFORMED)


def test_a_wrap_with_an_ephemeral_key_of_small_order_does_not_open() -> None:
    wrap = hpke.seal(KEM_PUBLIC, b"", bytes(32))
    for point in (bytes(32), b"\1" + bytes(31)):
        forged = wrap[:1088] + point + wrap[1120:]
        refuse(lambda forged=forged: hpke.open_wrap(KEM_SEED, b"", forged), Verdict.CANNOT_OPEN)  # type: ignore[misc]


@pytest.mark.parametrize("public", [b"", bytes(1215), b"\xff" * 1216, bytes(1184) + bytes(32)])
def test_what_is_no_kem_key_is_refused_when_sealing(public: bytes) -> None:
    refuse(lambda: hpke.seal(public, b"", bytes(32)), Verdict.MALFORMED, Verdict.BAD_KEY)


@quick
@given(message=st.binary(max_size=100), data=st.data())
def test_a_signature(message: bytes, data: st.DataObject) -> None:
    signature = ed25519.sign(SIGN_SEED, message)
    assert ed25519.is_valid(SIGN_KEY, signature, message)
    assert not ed25519.is_valid(SIGN_KEY, data.draw(change(signature)), message)
    assert not ed25519.is_valid(data.draw(change(SIGN_KEY)), signature, message)
    assert not ed25519.is_valid(SIGN_KEY, signature, message + b"x")
    assert not ed25519.is_valid(data.draw(st.binary(max_size=40)), signature, message)


@quick
@given(inner=values_of(record.Inner), text=st.binary(max_size=1500), data=st.data())
def test_a_record(inner: record.Inner, text: bytes, data: st.DataObject) -> None:
    target_seq = 0 if inner.target_hash == NOWHERE else 7
    place = place_at(target_seq)
    sealed = record.seal_record(b"K" * 32, place, inner, text, SIGN_SEED)
    opened = record.open_record(b"K" * 32, place, sealed, SIGN_KEY)
    assert (opened.inner, opened.body) == (inner, text)
    changed = data.draw(change(sealed))
    refuse(lambda: record.open_record(b"K" * 32, place, changed, SIGN_KEY))
    garbage = data.draw(st.binary(max_size=700))
    refuse(lambda: record.open_record(b"K" * 32, place, garbage, SIGN_KEY))


def test_the_longest_body_fits_and_one_byte_more_does_not() -> None:
    place = place_at(0)
    inner = record.Inner(1, NOWHERE, Place(0, NOWHERE))
    longest = bytes(record.MOST_BODY)
    sealed = record.seal_record(b"K" * 32, place, inner, longest, SIGN_SEED)
    assert len(sealed) <= LONGEST
    assert record.open_record(b"K" * 32, place, sealed, SIGN_KEY).body == longest
    too_long = longest + b"x"
    refuse(lambda: record.seal_record(b"K" * 32, place, inner, too_long, SIGN_SEED), Verdict.MALFORMED)


@quick
@given(value=values_of(vault.Vault), data=st.data())
def test_a_vault(value: vault.Vault, data: st.DataObject) -> None:
    place = vault.VaultPlace(SERVER, 4, value.version)
    sealed = vault.seal_vault(b"V" * 32, SERVER, 4, value)
    assert vault.open_vault(b"V" * 32, place, sealed) == value
    refuse(lambda: vault.open_vault(b"V" * 32, place, data.draw(change(sealed))))


@quick
@given(key=seeds, kind=st.sampled_from(list(vault.WayKind)), data=st.data())
def test_a_way_in(key: bytes, kind: vault.WayKind, data: st.DataObject) -> None:
    secrets = recovery.derive_secrets(key)
    way = vault.Way(kind, b"w" * 16, hpke.public_key(secrets.kem_seed), secrets.tag_key)
    place = vault.VaultPlace(SERVER, 4, 2)
    sealed = vault.seal_way(way, place, b"V" * 32)
    assert vault.open_way(secrets, place, kind, way.id, sealed) == b"V" * 32
    changed = data.draw(change(sealed))
    refuse(lambda: vault.open_way(secrets, place, kind, way.id, changed), Verdict.CANNOT_OPEN)


@quick
@given(key=seeds, data=st.data())
def test_a_recovery_key_is_read_however_it_is_typed(key: bytes, data: st.DataObject) -> None:
    shown = recovery.show_recovery_key(key)
    assert recovery.read_recovery_key(shown) == key
    assert recovery.read_recovery_key(f" {shown.lower().replace('-', ' ')}\n") == key
    refuse(lambda: recovery.read_recovery_key(data.draw(st.text(max_size=80))), Verdict.MISTYPED)


@quick
@given(row=st.sampled_from(list(keyring.BODIES.values())).flatmap(values_of), data=st.data())
def test_a_keyring_row(row: keyring.RowBody, data: st.DataObject) -> None:
    row_id = data.draw(values_of(row.ID))
    place = keyring.RowPlace(SERVER, 4, 2, row.KIND, row_id.pack())
    sealed = keyring.seal_row(b"A" * 32, place, row)
    assert keyring.open_row(b"A" * 32, place, sealed) == (row_id, row)
    refuse(lambda: keyring.open_row(b"A" * 32, place, data.draw(change(sealed))))


@quick
@given(value=values_of(generations.Generation), data=st.data())
def test_a_generation_and_its_predecessor(value: generations.Generation, data: st.DataObject) -> None:
    key, other = b"A" * 32, b"B" * 32
    commitment = generations.commit_generation(value.server, value.user, value.g, key)
    statement = generations.Generation(
        **{name: getattr(value, name) for name, _ in value.plan()} | {"commitment": commitment}
    )
    wrap = generations.wrap_generation(KEM_PUBLIC, statement.hash(), b"r" * 16, key)
    assert generations.unwrap_generation(KEM_SEED, statement, statement.hash(), b"r" * 16, wrap) == key
    wrong = generations.wrap_generation(KEM_PUBLIC, statement.hash(), b"r" * 16, other)
    refuse(
        lambda: generations.unwrap_generation(KEM_SEED, statement, statement.hash(), b"r" * 16, wrong),
        Verdict.BAD_COMMITMENT,
    )
    box = generations.seal_predecessor(other, statement, key)
    assert generations.open_predecessor(other, statement, statement, box) == key
    refuse(lambda: generations.open_predecessor(other, statement, statement, data.draw(change(box))))


@quick
@given(value=values_of(epoch_seeds.History), data=st.data())
def test_history(value: epoch_seeds.History, data: st.DataObject) -> None:
    wrap = epoch_seeds.wrap_history(KEM_PUBLIC, b"r" * 32, 3, b"H" * 32)
    sealed = epoch_seeds.seal_history(b"H" * 32, b"r" * 32, value.seeds)
    assert epoch_seeds.open_history(KEM_SEED, b"r" * 32, 3, wrap, sealed) == value.seeds
    refuse(lambda: epoch_seeds.open_history(KEM_SEED, b"r" * 32, 3, wrap, data.draw(change(sealed))))


@quick
@given(content=st.binary(max_size=3000), parts=st.integers(min_value=1, max_value=500), data=st.data())
def test_a_file(content: bytes, parts: int, data: st.DataObject) -> None:
    stored, name = files.seal_file(b"f" * 32, content)
    assert files.open_file(name, stored) == content
    streamed = b"".join(
        files.open_chunks(b"f" * 32, (stored[at : at + parts] for at in range(0, len(stored), parts)))
    )
    assert streamed.startswith(content)
    changed = data.draw(change(stored))
    refuse(lambda: files.open_file(name, changed), Verdict.BAD_FILE)
    refuse(lambda: list(files.open_chunks(b"f" * 32, [changed])), Verdict.BAD_FILE)
    refuse(lambda: list(files.open_chunks(b"f" * 32, [stored[:-1]])), Verdict.BAD_FILE)
    refuse(lambda: list(files.open_chunks(b"f" * 32, [stored[:9]])), Verdict.BAD_FILE)


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_file_cut_off_between_chunks_is_refused(chunks: int) -> None:
    stored, _ = files.seal_file(b"f" * 32, bytes(3 * files.CHUNK))
    cut = stored[: files.HEADER + chunks * (files.CHUNK + 16)]
    refuse(lambda: list(files.open_chunks(b"f" * 32, [cut])), Verdict.BAD_FILE)


@quick
@given(garbage=st.binary(max_size=200))
def test_bodies_raise_nothing_but_verdicts(garbage: bytes) -> None:
    for data in (garbage, len(garbage).to_bytes(4) + garbage + b"\0"):
        try:
            body.read_body(data)
        except Rejected as rejected:
            assert rejected.verdict in (Verdict.MALFORMED, Verdict.UNSUPPORTED)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"type":' * 5000,
        '{"type":"x","n":NaN}',
        '{"type":"x","n":-Infinity}',
        '\ufeff{"type":"x"}',
        '{"type":1}',
        '["type"]',
        "",
        '{"type":"x"}}',
        "{'type':'x'}",
        '{"type":"x","a":' + "[" * 32 + "]" * 32 + "}",
    ],
)
def test_json_that_engines_could_disagree_about_is_malformed(text: str) -> None:
    data = text.encode()
    refuse(lambda: body.read_body(len(data).to_bytes(4) + data + b"\0"), Verdict.MALFORMED)


def test_heads_are_found_and_what_is_no_heads_is_none() -> None:
    heads = body.Heads((body.KnownEpoch(b"c" * 16, 3, b"h" * 16),))
    content = body.read_body(body.write_body({"type": "text"}, (body.make_heads(heads),)))
    assert (content.type, body.find_heads(content)) == ("text", heads)
    broken = body.write_body({"type": "text"}, (Extension(body.HEADS, False, b"\7"),))
    assert body.find_heads(body.read_body(broken)) is None
    assert body.find_heads(body.read_body(body.write_body({"type": "text"}))) is None


def test_json_as_it_should_be() -> None:
    deep = '{"type":"x","a":' + "[" * 31 + "]" * 31 + ',"s":"[[[[\\"{{{"}'
    assert body.parse_object(deep)["s"] == '[[[["{{{'
    assert body.parse_object('{"type":"a","type":"b"}') == {"type": "b"}
    assert body.parse_object('{"type":"x","n":' + "9" * 5000 + "}")["n"] == float("inf")


@quick
@given(username=st.text(min_size=1, max_size=30), print_=st.binary(min_size=16, max_size=16))
def test_a_friend_link(username: str, print_: bytes) -> None:
    try:
        username.encode()
    except UnicodeEncodeError:
        return
    link = trust.FriendLink(username, print_)
    assert trust.read_friend_link(link.show()) == link


@quick
@given(secret=seeds, inviter=st.integers(min_value=1, max_value=2**53 - 1))
def test_an_invite_link(secret: bytes, inviter: int) -> None:
    link = trust.JoinLink(b"c" * 16, secret, inviter, b"f" * 16)
    assert trust.read_join_link(link.show()) == link
    person = trust.Person(SERVER, 5, SIGN_KEY)
    signature = trust.sign_join(secret, link.conversation, person)
    assert trust.is_join(trust.link_public_key(secret), link.conversation, person, signature)


@quick
@given(text=st.text(max_size=120))
def test_links_raise_nothing_but_malformed(text: str) -> None:
    for read in (trust.read_friend_link, trust.read_join_link):
        for tried in (text, f"#friend={text}", f"#join={text}"):
            try:
                read(tried)
            except Rejected as rejected:
                assert rejected.verdict is Verdict.MALFORMED


@pytest.mark.parametrize(
    "fragment",
    [
        "#friend=%FF.AAAAAAAAAAAAAAAAAAAAAA",
        "#friend=a.AAAAAAAAAAAAAAAAAAAAAB",
        f"#join={'0' * 32}.{'A' * 43}.9999999999999999.{'A' * 22}",
    ],
)
def test_links_in_another_spelling_are_malformed(fragment: str) -> None:
    read = trust.read_friend_link if "friend" in fragment else trust.read_join_link
    refuse(lambda: read(fragment), Verdict.MALFORMED)


def test_the_safety_code_is_read_from_the_other_side() -> None:
    alice, bob = trust.Person(SERVER, 1, SIGN_KEY), trust.Person(SERVER, 2, b"b" * 32)
    text = trust.show_safety_code(alice, bob)
    assert trust.is_safety_code(text, shower=alice, reader=bob)
    assert not trust.is_safety_code(text, shower=bob, reader=alice)
    assert trust.safety_number(alice, bob) == trust.safety_number(bob, alice)
