"""`hearth doctor`: looks at everything that has kept servers from their work, and says what to do about it.

Changes nothing. Exit code 0 when all is well, also with warnings; 1 when something has to be done.
"""

import argparse
import asyncio
import sys

from hearth.config import Config
from hearth.doctor.database import examine_database
from hearth.doctor.machine import examine_machine
from hearth.doctor.report import Report
from hearth.doctor.settings import examine_settings


def run(config: Config, options: argparse.Namespace) -> int:
    report = Report()
    config = examine_settings(report, config)
    examine_machine(report, config)
    asyncio.run(examine_database(report, config))
    for line in report.lines:
        print(line, file=sys.stdout)
    print(report.conclude())
    return 1 if report.problems else 0
