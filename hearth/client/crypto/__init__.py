"""End-to-end encryption (docs/protocol-encryption.md) as pure functions and values, without input or output.

`core` holds what all formats share; `person` (chains, keys, pins), `group` (epochs, when to seal) and `log`
(entries, what is withheld) hold the formats and what one client accepts; `conversation` ties them together.
"""
