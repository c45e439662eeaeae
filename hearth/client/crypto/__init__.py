"""End-to-end encryption (docs/protocol-encryption.md) as pure functions and values, without input or output.

`core` holds what all formats share; beside it stand the formats by what they are about.
"""
