from tests.e2e.test_axe import *  # noqa
from tests.e2e.pages import FULL
from tests.e2e.album_cast import ME
import pytest
for name in list(globals()):
    if name.startswith("test_"): del globals()[name]
async def test_acts(months_later, chromium):
    faults = await visit(chromium, months_later, ME, [s for s in FULL if s.name.startswith("acts")])
    assert not faults, "\n".join(faults)
