"""F35: the machine has no more memory to give."""

import asyncio
import re
import resource
from pathlib import Path

import msgspec
import pytest

from tests.faults.rig.bot import hash_text
from tests.faults.rig.journal import Intent, now
from tests.faults.rig.play import Play, open_play
from tests.faults.rig.raw import RawSocket, Shed
from tests.faults.rig.victim import Victim
from tests.sealing import seal_fields

# By hand: whether memory really runs out depends on what the process kept free.
pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.by_hand]
ROUNDS = 5
HEADROOM = 2 * 1024 * 1024
"""Bytes of address space beyond what the process has when it is cut off from more."""
HUNGRY, GREEDY = 30, "🌊" * 15_500
PATIENCE = 4.0
"""Seconds without an ack after which a supervisor would start the server anew."""


async def test_f35_without_memory_nothing_acked_is_lost_and_a_restart_serves_everybody(
    mortal: Victim, tmp_path: Path
) -> None:
    """Allocation fails under a talk and greedy readers; whatever comes of it, nothing is lost."""
    starved = 0
    async with open_play(mortal, tmp_path / "journals", users=3, extra=1) as play:

        async def hurt() -> None:
            nonlocal starved
            for _ in range(ROUNDS):
                await play.wait_for_acks(15, seconds=60)
                limit = read_address_space(mortal) + HEADROOM
                resource.prlimit(mortal.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
                await eat(mortal, play)
                starved += is_starved(mortal)
                if not await still_acks(play):
                    await replace(mortal)

        await play.talk_while(hurt, rate=40)
        if mortal.is_running:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(mortal.pid, resource.RLIMIT_AS, unlimited)
        report = await play.judge()
    print(f"\nF35: {ROUNDS} times, {starved} starved, {mortal.kills} replaced; {report}")
    report.require_clean()
    assert starved, "there was memory enough all the time: the run proves nothing"


def read_address_space(victim: Victim) -> int:
    status = Path(f"/proc/{victim.pid}/status").read_text()
    found = re.search(r"VmSize:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def is_starved(victim: Victim) -> bool:
    """Whether it died, or said that it could not get memory."""
    return not victim.is_running or "MemoryError" in victim.output or "SQLITE_NOMEM" in victim.output


async def eat(victim: Victim, play: Play) -> None:
    """Many devices that do not read, and large messages to them: their queues grow at the same time.

    What is large is written by alice's second device, which has nothing else to say and counts for itself.
    """
    alice = play.devices[len(play.users)]
    token = alice.client.file.state.token
    key = alice.client.find_conversation("bob").conversation.id
    readers: list[RawSocket] = []
    try:
        for _ in range(HUNGRY):
            readers.append(await RawSocket(victim.port, token, receive_buffer=4096).open(reads=False))
        writer = await RawSocket(victim.port, token).open()
        readers.append(writer)
        for _ in range(40):
            async with asyncio.timeout(PATIENCE):
                command = await seal_fields(alice.client, key, {"type": "text", "text": GREEDY})
                alice.journal.note(Intent(now(), command.client_id, key, hash_text(GREEDY)))
                await writer.call("message.send", msgspec.to_builtins(command))
    except (OSError, EOFError, Shed, TimeoutError):
        pass  # it has other worries
    finally:
        for reader in readers:
            reader.cut()


async def still_acks(play: Play) -> bool:
    try:
        await play.wait_for_acks(3, seconds=PATIENCE)
    except TimeoutError:
        return False
    return True


async def replace(victim: Victim) -> None:
    """What systemd does with Restart=always and a watchdog."""
    if victim.is_running:
        await victim.kill()
    await victim.start()
