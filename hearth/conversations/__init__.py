"""A conversation: who its members are, since when, and whether it can be written to."""
