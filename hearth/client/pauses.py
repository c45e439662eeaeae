"""How long to wait before trying again: each time twice as long as the time before, up to a longest."""


class Pauses:
    """The pauses between tries of one thing, in seconds; `reset` when it has worked."""

    def __init__(self, first: float, longest: float) -> None:
        self._first, self._longest = first, longest
        self._next = first

    def next(self, at_least: float | None = None) -> float:
        """Return how long to wait now: no shorter than the server asks for, if it does."""
        pause = self._next
        self._next = min(pause * 2, self._longest)
        return max(pause, at_least or 0.0)

    def reset(self) -> None:
        self._next = self._first
