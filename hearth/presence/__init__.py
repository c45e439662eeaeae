"""Presence: who is online, away or offline, shown to friends only."""
