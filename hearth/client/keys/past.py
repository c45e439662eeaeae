"""What an earlier device in the same file knew of its person's chain binds the next one (5.2).

Else who ended its session could have a second beginning taken for the first one.
"""

import contextlib
from pathlib import Path

from hearth.client.device_file import DeviceFile, DeviceState
from hearth.client.keys.kept import AccountKeys, KeptPerson
from hearth.client.keys.own import Own, make_account_keys
from hearth.sealed.core.verdicts import Verdict, require


def make_next_keys(path: Path | None, state: DeviceState) -> AccountKeys | None:
    """Return keys for a device that takes the place of another one of the same person, None where there is
    none.
    """
    before: DeviceState | None = None
    with contextlib.suppress(OSError, ValueError):
        before = None if path is None else DeviceFile.load(path).state
    if before is None or before.keys is None or (before.url, before.user_id) != (state.url, state.user_id):
        return None
    keys, user = make_account_keys(before.keys.server), str(state.user_id)
    if user in before.keys.people:
        keys.people[user] = KeptPerson(chain=before.keys.people[user].chain)
    keys.databases = before.keys.databases
    return keys


async def meet_database(own: Own, generation: str) -> None:
    """Let go of what was known of the own chain where the server tells, before this device is listed, that it
    was restored (10.10). Raises Rejected(rollback) where it has no chain at all then; HearthError.
    """
    keys, user = own.keys, str(own.user)
    is_new = keys.generation is None and keys.people.get(user, KeptPerson()).chain.n > 0
    if not is_new or not keys.databases or generation in keys.databases:
        return
    before = keys.people.pop(user)
    chain = await own.met.fetch_chain(own.user)
    if chain.state is None:
        keys.people[user] = before
    require(chain.state is not None, Verdict.ROLLBACK, "there was a chain, and the restored server has none")
