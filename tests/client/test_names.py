"""People are called what their own chains say; a server that says otherwise leads a program to nobody."""

import msgspec
import pytest

from hearth.accounts.contract import UserCard
from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import AccountKeys, KeptPerson
from hearth.client.keys.people import Acquaintances
from hearth.client.names import find_card, name_card, require_name
from hearth.errors import NotFound
from tests.client.alice import make_file
from tests.client.crypto.cast import Person, meet

BOB, MALLORY = 2, 3


def make_card(user: int, username: str) -> UserCard:
    return UserCard(id=user, username=username, display_name=username.title())


def keys_of(file: DeviceFile) -> AccountKeys:
    assert file.state.keys is not None
    return file.state.keys


@pytest.fixture
def file() -> DeviceFile:
    """Of a device that knows nobody's chain."""
    return make_file()


@pytest.fixture
def knowing(file: DeviceFile) -> DeviceFile:
    """Bob and mallory have proven their names."""
    for user, username in ((BOB, "bob"), (MALLORY, "mallory")):
        keys_of(file).people[str(user)] = KeptPerson(username=username, display_name=username.upper())
    return file


def test_before_a_chain_is_known_the_card_is_all_there_is(file: DeviceFile) -> None:
    lie = make_card(MALLORY, "bob")
    assert find_card(file, [lie], "Bob") is lie
    assert name_card(file, lie) is lie


def test_nobody_is_found_under_another_name_than_is_proven(knowing: DeviceFile) -> None:
    lie = make_card(MALLORY, "bob")
    with pytest.raises(NotFound):
        find_card(knowing, [lie], "bob")
    assert find_card(knowing, [lie], "mallory") is lie
    swapped = [lie, make_card(BOB, "mallory")]
    assert [find_card(knowing, swapped, name).id for name in ("bob", "mallory")] == [BOB, MALLORY]


def test_who_proves_a_name_comes_before_who_is_only_said_to_have_it(file: DeviceFile) -> None:
    keys_of(file).people[str(BOB)] = KeptPerson(username="bob")
    assert find_card(file, [make_card(MALLORY, "bob"), make_card(BOB, "other")], "bob").id == BOB


def test_a_name_that_two_have_proven_is_nobodys(knowing: DeviceFile) -> None:
    keys_of(knowing).people[str(MALLORY)] = KeptPerson(username="bob")
    with pytest.raises(NotFound, match="several"):
        find_card(knowing, [make_card(BOB, "bob"), make_card(MALLORY, "bob")], "bob")


def test_a_card_is_shown_with_the_proven_names_and_a_deleted_one_with_none(knowing: DeviceFile) -> None:
    shown = name_card(knowing, make_card(MALLORY, "bob"))
    assert (shown.username, shown.display_name) == ("mallory", "MALLORY")
    gone = UserCard(id=MALLORY, username="", display_name="", deleted=True)
    assert name_card(knowing, gone) is gone
    with pytest.raises(NotFound):
        find_card(knowing, [gone], "mallory")


def test_what_a_chain_says_is_kept_for_the_next_run_and_a_later_display_name_takes_its_place(
    file: DeviceFile,
) -> None:
    async def ask(*_: object) -> None:
        raise AssertionError("nothing is to be asked")

    mallory = Person(MALLORY, "mallory").begin()
    met = Acquaintances(file, keys_of(file), ask)
    met.people = meet(mallory)
    met.keep(MALLORY)
    kept = keys_of(file).people[str(MALLORY)]
    assert (kept.username, kept.display_name) == ("mallory", "")
    again = msgspec.json.decode(msgspec.json.encode(kept), type=KeptPerson)
    assert again == kept
    assert name_card(file, make_card(MALLORY, "bob")).display_name == "mallory", "never the server's"


def test_a_name_is_required_of_a_chain() -> None:
    chain = meet(Person(MALLORY, "mallory").begin()).chain(MALLORY)
    require_name(chain, "Mallory")
    with pytest.raises(NotFound, match="mallory"):
        require_name(chain, "bob")
