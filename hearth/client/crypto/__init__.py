"""What only a client does of end-to-end encryption (docs/protocol-encryption.md), without input or output.

`log` holds entries and what is withheld; beside it stand files, codes, push, reports, calls; `conversation`
ties them together. The formats and rules that the server checks too are in `hearth.sealed`.
"""
