"""A real bad link between two network namespaces: a narrow veth (tc tbf) that drops packets (iptables).

Linux, root, iproute2 and iptables; nothing outside the two namespaces is touched.
"""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEAR, FAR = "10.77.0.1", "10.77.0.2"
NEW_NET = 0x40000000
"""CLONE_NEWNET, for setns(2)."""
DIAL_SECONDS = 60.0


class NoCable(Exception):
    """The machine cannot make one; the text says why."""


@dataclass(frozen=True, slots=True)
class Cable:
    """The names of the namespaces at its ends."""

    near: str
    far: str

    def listen(self) -> socket.socket:
        """A listening socket at the near end."""
        with inside(self.near):
            return socket.create_server((NEAR, 0), backlog=200)

    def dial(self, port: int) -> socket.socket:
        """A connection from the far end to a port of the near one; blocks until it stands."""
        with inside(self.far):
            sock = socket.socket()
        sock.settimeout(DIAL_SECONDS)
        sock.connect((NEAR, port))
        sock.setblocking(False)
        return sock

    def count_dropped(self) -> int:
        """How many packets were lost so far, both ways together."""
        listings = [
            run(*f"ip netns exec {name} iptables -nvxL INPUT".split()) for name in (self.near, self.far)
        ]
        return sum(
            int(line.split()[0]) for text in listings for line in text.splitlines() if " DROP " in line
        )


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Make sockets of this thread in that namespace; they stay there for life."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as home, (Path("/run/netns") / namespace).open() as away:
        if libc.setns(away.fileno(), NEW_NET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            if libc.setns(home.fileno(), NEW_NET):
                raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def open_cable(*, rate: str = "256kbit", loss: float = 0.05) -> Iterator[Cable]:
    """Lay a cable that carries `rate` each way and loses that share of packets each way. Raises NoCable."""
    missing = [tool for tool in ("ip", "tc", "iptables") if shutil.which(tool) is None]
    if missing or os.geteuid():
        raise NoCable(f"needs root and {', '.join(missing) or 'nothing else'}")
    cable = Cable(f"hearth-near-{os.getpid()}", f"hearth-far-{os.getpid()}")
    try:
        for name in (cable.near, cable.far):
            run("ip", "netns", "add", name)
        run(
            "ip", "link", "add", "end", "netns", cable.near, "type", "veth", "peer", "end", "netns", cable.far
        )
        for name, address in ((cable.near, NEAR), (cable.far, FAR)):
            run("ip", "-n", name, "address", "add", f"{address}/30", "dev", "end")
            run("ip", "-n", name, "link", "set", "end", "up")
            run(*f"tc -n {name} qdisc add dev end root tbf rate {rate} burst 4kb latency 1s".split())
            drop = f"-A INPUT -i end -m statistic --mode random --probability {loss} -j DROP"
            run(*f"ip netns exec {name} iptables {drop}".split())
        yield cable
    finally:
        for name in (cable.near, cable.far):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCable(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
