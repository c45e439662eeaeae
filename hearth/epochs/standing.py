"""How the asking person stands to an epoch whose roster names them."""

from dataclasses import dataclass

from hearth.contract import Context
from hearth.directory.facts import list_incarnations, load_standings
from hearth.epochs.rules import People
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import Epoch, Member


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody with their line in an epoch and what is known of their chain."""

    user_id: int
    line: Member
    people: People

    def check_device(self, device_id: bytes) -> bytes:
        """Return the key of a device that is listed now, in the incarnation that the epoch states (8.3, 4).

        Raises Rejected(not_listed).
        """
        device = self.people.standings[self.user_id].state.devices.get(device_id)
        if device is None or self.people.is_reset_since(self.user_id, self.line.chain):
            raise Rejected(Verdict.NOT_LISTED, "not a device of the user")
        return device.sign_key


async def load_sender(context: Context, epoch: Epoch) -> Sender:
    """Return the asking person. Raises Rejected(not_listed) for who is not in the roster or has no chain.

    Three queries at most.
    """
    user_id = context.user_id
    line = epoch.members.get(user_id)
    if line is None:
        raise Rejected(Verdict.NOT_LISTED, "the user is not in the roster")
    standings = await load_standings(context, [user_id])
    standing = standings.get(user_id)
    if standing is None:
        raise Rejected(Verdict.NOT_LISTED, "a user without a chain")
    stated = {line.chain} if standing.receive is None else {line.chain, standing.receive.statement.chain}
    incarnations = await list_incarnations(context, {user_id: stated - {standing.state.head}})
    return Sender(user_id, line, People(standings, incarnations))
