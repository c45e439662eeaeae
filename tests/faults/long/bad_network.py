"""F23 for real: friends talk over a link of 256 kbit/s that loses every 20th packet, 200 ms long.

`scripts/soak bad-network [--minutes N]`; Linux, root, iproute2, iptables. The delay (round trips of 200 ms,
50 more or less) is added at the link's far end, for want of netem in most kernels.
"""

import argparse
import asyncio
import functools
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.faults.rig import bot
from tests.faults.rig.cable import Cable, open_cable
from tests.faults.rig.deliveries import list_deliveries
from tests.faults.rig.oracle import Report, quantile
from tests.faults.rig.play import open_play
from tests.faults.rig.proxy import Proxy
from tests.faults.rig.victim import run_victim
from tests.faults.rig.weather import Weather, open_weather

DELAY_ONLY = Weather(rate=1e12, loss=0.0)
BEHIND = 2
"""Of four friends, how many are behind the link. They share its width."""


async def talk(cable: Cable, minutes: float, rate: float, folder: Path) -> tuple[Report, list[float]]:
    async with AsyncExitStack() as stack:
        victim = await stack.enter_async_context(run_victim(folder / "data"))
        near = Proxy(victim.port, cable.listen())
        await near.open()
        stack.push_async_callback(near.close)
        dial = functools.partial(cable.dial, near.port)
        far = [
            await stack.enter_async_context(open_weather(near.port, DELAY_ONLY, dial=dial))
            for _ in range(BEHIND)
        ]
        play = await stack.enter_async_context(open_play(victim, folder / "journals", *far))

        async def hurt() -> None:
            await asyncio.sleep(minutes * 60)

        await play.talk_while(hurt, rate=rate)
        report = await play.judge()
        print(f"{cable.count_dropped()} packets were dropped")
        return report, sorted(list_deliveries(play))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak bad-network", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=6, help="messages a second, of all together; default 6")
    options = parser.parse_args()
    bot.PATIENCE = 300.0
    with tempfile.TemporaryDirectory(prefix="hearth-network-") as folder, open_cable() as cable:
        report, delays = asyncio.run(talk(cable, options.minutes, options.rate, Path(folder)))
    print(report)
    print(
        f"delivered: p50 {quantile(delays, 0.5):.2f} s, p99 {quantile(delays, 0.99):.2f} s of {len(delays)}"
    )
    for violation in report.violations[:20]:
        print(violation)
    return 1 if report.violations or quantile(delays, 0.99) > 5 else 0


if __name__ == "__main__":
    raise SystemExit(main())
