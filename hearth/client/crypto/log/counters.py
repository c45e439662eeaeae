"""The counters that a device has used in a conversation (section 8.3, step 9), in little room."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """All up to `floor` count as used, and those of `above`.

    Devices count up and stores keep the order, so a counter below one that was let go of is never a new one.
    """

    floor: int = 0
    above: set[int] = field(default_factory=set)

    @property
    def highest(self) -> int:
        return max(self.above, default=self.floor)

    def is_used(self, counter: int) -> bool:
        return counter <= self.floor or counter in self.above

    def use(self, counter: int) -> None:
        """Note a counter; a stretch without gaps from the floor on becomes the floor."""
        self.above.add(counter)
        while self.floor + 1 in self.above:
            self.floor += 1
            self.above.discard(self.floor)

    def copy(self) -> "Counters":
        return Counters(self.floor, set(self.above))
