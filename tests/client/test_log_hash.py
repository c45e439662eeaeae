"""The log hash is exactly the chain that docs describe, computed here by hand."""

import hashlib

from hearth.client.replica.log_hash import chain_hash, start_hash
from tests.client.entries import ID, make_entries


def test_the_chain_is_the_documented_one() -> None:
    before = hashlib.sha256(b"hearth log v1\0" + bytes.fromhex(ID)).digest()
    assert start_hash(ID) == before
    entry = make_entries(1)[0]
    fields = (1).to_bytes(8) + (1).to_bytes(2) + (2).to_bytes(8)
    expected = hashlib.sha256(before + fields + hashlib.sha256(entry.record).digest()).digest()
    assert chain_hash(before, entry) == expected == entry.log_hash
