"""The keys of an account on one device: set up, kept current, changed (docs/protocol-encryption.md, 4
to 6, 10).
"""
