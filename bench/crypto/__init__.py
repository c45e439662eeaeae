"""The cryptography in a real browser: sealing, opening, epochs for many people."""
