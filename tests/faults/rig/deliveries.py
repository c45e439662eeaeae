"""How long messages were under way from a person's hand to the other's screen."""

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.rig.journal import Intent, Received
from tests.faults.rig.play import Play


def list_deliveries(play: Play) -> Iterator[float]:
    """Seconds from when a message was written to when it stood on each screen that was there all the time."""
    written: dict[str, float] = {}
    seen: dict[str, list[float]] = defaultdict(list)
    for bot in play.users:
        for line in bot.journal.lines():
            if isinstance(line, Intent):
                written[line.client_id] = line.at
            elif isinstance(line, Received):
                seen[line.client_id].append(line.at)
    for client_id, moments in seen.items():
        yield from (moment - written[client_id] for moment in moments)
