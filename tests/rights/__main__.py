"""Writes tests/vectors/rights.json by the table."""

from tests.rights.vectors import FILE, write_out

FILE.write_text(write_out())
