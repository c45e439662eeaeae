"""Names of conversations: computed independently here, from the words of the design."""

import hashlib
import struct

from hearth.conversations.ids import make_direct_id, make_first_hash, make_self_id

SERVER = bytes(range(16))


def test_a_direct_conversation_is_named_by_its_two_users_in_ascending_order() -> None:
    expected = hashlib.sha256(b"hearth direct v1\x00" + SERVER + struct.pack(">QQ", 3, 2**40)).digest()[:16]
    assert make_direct_id(SERVER, 3, 2**40) == make_direct_id(SERVER, 2**40, 3) == expected
    assert make_direct_id(SERVER, 3, 4) != make_direct_id(SERVER, 3, 5)
    assert make_direct_id(b"\xff" * 16, 3, 2**40) != expected


def test_notes_are_named_by_their_user() -> None:
    expected = hashlib.sha256(b"hearth self v1\x00" + SERVER + struct.pack(">Q", 7)).digest()[:16]
    assert make_self_id(SERVER, 7) == expected
    assert make_self_id(SERVER, 7) != make_direct_id(SERVER, 7, 7)


def test_the_log_begins_with_a_hash_of_its_name() -> None:
    assert make_first_hash(SERVER) == hashlib.sha256(b"hearth log v1\x00" + SERVER).digest()


def test_known_values_stay() -> None:
    """Clients compute these too; a change here cuts everybody off from their conversations."""
    assert make_direct_id(SERVER, 1, 2).hex() == "cf690ed2fb9640a9269def1436f1720e"
    assert make_self_id(SERVER, 1).hex() == "5a55dcf2b90144ed3fbcc774d9d021c9"
