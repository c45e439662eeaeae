"""The Python client library for bots, scripts, tests and load; imports nothing of the server but contracts."""
