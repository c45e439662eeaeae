"""Hypothesis strategies for every format, made from the format's own declaration."""

from typing import Any

from hypothesis import strategies as st

from hearth.client.crypto.log.body import Body, Heads
from hearth.client.crypto.log.record import Inner
from hearth.sealed.core import ed25519
from hearth.sealed.core.packed import (
    Choice,
    Elsewhere,
    Field,
    Flag,
    Listed,
    Nested,
    Number,
    Packed,
    Prefixed,
    Raw,
    Text,
)
from hearth.sealed.core.statements import Extension, ExtensionList, Statement
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.entries import Leave, Restored
from hearth.sealed.group.epoch import EpochRecord, Member, Rights, Role, Roster
from hearth.sealed.group.rewrap import RewrapRequest
from hearth.sealed.group.seeds import History
from hearth.sealed.person import keyring, user_chain
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_chain import UserStatement
from hearth.sealed.person.vault import Vault

STATEMENTS: list[type[Statement]] = [
    UserStatement,
    Generation,
    Receive,
    EpochRecord,
    RewrapRequest,
    Leave,
    Restored,
]
FORMATS: list[type[Packed]] = [
    *STATEMENTS,
    *user_chain.BODIES.values(),
    *keyring.BODIES.values(),
    Vault,
    Roster,
    Member,
    Rights,
    History,
    Inner,
    Body,
    Heads,
]
seeds = st.binary(min_size=32, max_size=32)
extension_lists = st.lists(
    st.builds(
        Extension,
        id=st.integers(min_value=0, max_value=2**16 - 1),
        critical=st.just(False),
        data=st.binary(max_size=20),
    ),
    max_size=3,
    unique_by=lambda extension: extension.id,
).map(lambda found: tuple(sorted(found, key=lambda extension: extension.id)))


def values_of(kind: type[Packed]) -> st.SearchStrategy[Any]:
    """Return valid values of a format."""
    parts = {name: field_values(field) for name, field in kind.plan()}
    if kind is UserStatement:
        bodies = st.sampled_from(list(user_chain.BODIES.items())).flatmap(
            lambda item: st.tuples(st.just(item[0]), values_of(item[1]))
        )
        del parts["kind"], parts["body"]
        return st.builds(
            lambda chosen, **rest: UserStatement(kind=chosen[0], body=chosen[1].pack(), **rest),
            bodies,
            **parts,
        )
    return st.builds(kind, **parts).filter(fits)


def fits(value: Packed) -> bool:
    try:
        value.check()
    except Rejected:
        return False
    return True


def field_values(field: Field) -> st.SearchStrategy[Any]:
    match field:
        case Number(size, least):
            return st.integers(min_value=least, max_value=min(2**53 - 1, 256**size - 1))
        case Raw(size):
            return st.binary(min_size=size, max_size=size) | st.just(bytes(size))
        case Prefixed(_, least, most):
            return st.binary(min_size=least, max_size=min(40, 40 if most is None else most))
        case Text(Prefixed(_, least, most)):
            return st.text(st.characters(codec="utf-8"), min_size=least, max_size=(most or 100) // 4)
        case Flag():
            return st.booleans()
        case Choice(kind, least):
            return st.sampled_from([one for one in kind if one >= least])
        case Nested(kind):
            return values_of(kind)
        case ExtensionList(known=known):
            return extension_lists.map(lambda found: tuple(one for one in found if one.id not in known))
        case Elsewhere(Role()):
            return st.sampled_from([Role.OWNER, Role.ADMIN, Role.MEMBER])
        case keyring.TakenBack():
            return list_values(field.hashes)
        case Listed():
            return list_values(field)
    raise AssertionError(f"no strategy for {field}")


def list_values(field: Listed) -> st.SearchStrategy[Any]:
    items = field_values(field.item)
    if field.key is None:
        return st.lists(items, max_size=min(field.most, 3)).map(tuple)
    key = field.key
    unique = st.lists(items, max_size=min(field.most, 3), unique_by=key)
    return unique.map(lambda found: tuple(sorted(found, key=key)))


def signed_bytes(kind: type[Statement]) -> st.SearchStrategy[tuple[bytes, bytes, Any]]:
    """Return (public key, whole statement, value)."""
    return st.builds(
        lambda seed, value: (ed25519.public_key(seed), value.sign(seed), value), seeds, values_of(kind)
    )
