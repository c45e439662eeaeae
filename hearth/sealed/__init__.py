"""The sealed formats and their rules (docs/protocol-encryption.md), without input or output.

`core` holds what all formats share, `person` chains, keys and pins, `group` epochs. The server checks by them
what it can see, clients check all of it; so neither imports the other's code.
"""
