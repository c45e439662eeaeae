"""A browser that is killed at chosen moments of sending, and what must be true when it is opened again."""
