"""What people are called: by their own chains once these are known, and by the server's cards before
(docs/protocol-encryption.md, 5.2).
"""

from collections.abc import Iterable

import msgspec

from hearth.accounts.contract import UserCard
from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import KeptPerson
from hearth.errors import NotFound
from hearth.sealed.person.chain import Chain

NOBODY = KeptPerson()


def find_card(file: DeviceFile, cards: Iterable[UserCard], username: str) -> UserCard:
    """Return the card of who proves a username, else of whom the server calls so who has proven none.

    Raises NotFound, also where several people have proven it: a username is one person's.
    """
    there = [card for card in cards if not card.deleted]
    proven = [card for card in there if is_same(_kept(file, card).username, username)]
    said = [card for card in there if not _kept(file, card).username and is_same(card.username, username)]
    if len(proven) > 1:
        raise NotFound(f"several people call themselves {username}")
    for card in (*proven, *said):
        return card
    raise NotFound(f"nobody here is {username}")


def require_name(chain: Chain, username: str) -> None:
    """Raise NotFound for whom the server calls otherwise than their chain, which is known, does."""
    assert chain.state is not None
    if not is_same(chain.state.username, username):
        raise NotFound(f"whom the server calls {username} is {chain.state.username}")


def name_card(file: DeviceFile, card: UserCard) -> UserCard:
    """Return a card with the proven names in place of the server's; of deleted accounts as it is."""
    kept = _kept(file, card)
    if not kept.username or card.deleted:
        return card
    display_name = kept.display_name or kept.username
    return msgspec.structs.replace(card, username=kept.username, display_name=display_name)


def is_same(one: str, other: str) -> bool:
    """Tell whether two usernames are one."""
    return one.casefold() == other.casefold()


def _kept(file: DeviceFile, card: UserCard) -> KeptPerson:
    keys = file.state.keys
    return NOBODY if keys is None else keys.people.get(str(card.id), NOBODY)
