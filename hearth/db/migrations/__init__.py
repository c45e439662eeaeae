"""Alembic migrations: every revision may be killed at any statement and run again.

A new one is `versions/NNNN_what.py` with the next number as its revision; tests/db/test_migrate.py compares
the result with the tables in code. Released revisions never change.
"""
