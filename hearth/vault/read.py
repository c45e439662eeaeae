"""What one's own devices read of the vault. One that is not listed yet gets what it needs to become so."""

from collections.abc import Sequence

from hearth.contract import Context, Transaction
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.vault import store
from hearth.vault.contract import DeviceKey, DeviceKeys, Generation, Generations, OwnVault
from hearth.vault.keyring import require_listed
from hearth.vault.store import GenerationRow


async def get_vault(context: Context) -> OwnVault:
    """Return one's newest vault and generation; without a chain there is neither."""
    user_id, device_id = context.user_id, context.actor.device_id
    row = await store.find_vault(context.transaction, user_id)
    if row is None:
        return OwnVault(version=0, is_listed=False)
    is_listed = await store.is_listed(context.transaction, user_id, device_id)
    newest = await store.list_generations(context.transaction, user_id, before=None, limit=1)
    generations = await show_generations(context.transaction, user_id, newest, device_id)
    ways = await store.list_ways(context.transaction, user_id)
    return OwnVault(
        version=row.version,
        is_listed=is_listed,
        sealed=row.sealed,
        password_wrap=row.password_wrap,
        ways=[way.id.hex() for way in ways],
        generation=generations[0] if generations else None,
        keyring_position=row.keyring_position,
    )


async def list_generations(context: Context, before: int | None, limit: int) -> Generations:
    """Return a page of one's own chain, newest first."""
    rows = await store.list_generations(context.transaction, context.user_id, before=before, limit=limit)
    shown = await show_generations(context.transaction, context.user_id, rows, context.actor.device_id)
    return Generations(generations=shown)


async def list_device_keys(context: Context) -> DeviceKeys:
    """Return the X-Wing keys of one's listed devices, to one of them; NotFound to any other."""
    await require_listed(context)
    keys = await store.load_device_keys(context.transaction, context.user_id)
    return DeviceKeys(
        device_keys=[DeviceKey(device_id=device.hex(), public_key=keys[device]) for device in sorted(keys)]
    )


async def show_generations(
    transaction: Transaction, user_id: int, rows: Sequence[GenerationRow], device_id: bytes
) -> list[Generation]:
    """Return stored generations as a device gets them: its own wraps, and those to the vault."""
    gs = [row.g for row in rows]
    recipients = (device_id, VAULT_RECIPIENT)
    wraps = await store.load_wraps(transaction, user_id, gs, recipients) if gs else {}
    return [
        Generation(
            g=row.g,
            statement=row.statement,
            predecessor=row.predecessor,
            wrap=wraps.get((row.g, device_id)),
            vault_wrap=wraps.get((row.g, VAULT_RECIPIENT)),
        )
        for row in rows
    ]
