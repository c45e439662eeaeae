"""Faults that take longer than CI has: each is a program of its own, run by `scripts/soak NAME`."""
