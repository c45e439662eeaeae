"""Alembic migrations: every revision may be killed at any statement and run again."""
