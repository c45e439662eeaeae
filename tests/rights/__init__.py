"""Who may do what, as one table (7.4 and 8.9): `python -m tests.rights` writes it out as vectors."""
