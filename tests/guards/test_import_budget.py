"""What the server costs before it does anything: seconds of CPU, memory, and libraries it must not need."""

import json
import subprocess
import sys

import pytest

AIM_MEGABYTES, AIM_CPU_SECONDS = 65.0, 0.8
# Quart and SQLAlchemy alone take 60 MB; what is gated is that it does not grow from here.
MOST_MEGABYTES = 75.0
# Other people's machines are slower and busy: only a gross regression fails, the figures are printed.
CPU_SLACK = 3.0
FORBIDDEN = (
    "alembic",
    "mako",
    "pytest",
    "socketio",
    "engineio",
    "httpx",
    "aiohttp",
    "quart_schema",
    "hypothesis",
    # Needed by who asks for something encrypted, and loaded then.
    "cryptography",
    "hearth.sealed",
    "hearth.client",
)
MEASURE = """
import json, resource, sys, time
import hearth.app, hearth.server, hearth.cli.serve, hearth.options, hearth.safety
scale = 1 if sys.platform == "darwin" else 1024
try:
    with open("/proc/self/statm") as file:
        memory = int(file.read().split()[1]) * resource.getpagesize()
except OSError:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
print(json.dumps({"cpu": time.process_time(), "memory": memory / 1e6, "modules": sorted(sys.modules)}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
def test_importing_the_server_stays_within_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    with capsys.disabled():
        print(
            f"\nimport budget: {found['cpu']:.2f} s CPU (aim {AIM_CPU_SECONDS}), "
            f"{found['memory']:.1f} MB (aim {AIM_MEGABYTES:.0f}, limit {MOST_MEGABYTES:.0f})"
        )
    assert [name for name in FORBIDDEN if name in found["modules"]] == []
    assert found["memory"] <= MOST_MEGABYTES
    assert found["cpu"] <= AIM_CPU_SECONDS * CPU_SLACK
