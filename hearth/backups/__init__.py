"""Backups: one file with everything the database holds, whichever database; made, verified, restored."""
