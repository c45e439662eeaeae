"""How the server logs: one line per record on standard error, for people or as JSON."""

import json
import logging
import sys
from datetime import UTC, datetime

from hearth.config import LogFormat


class JsonFormatter(logging.Formatter):
    """One JSON object per record: time (UTC), level, logger, message, and the trace of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(log_format: LogFormat) -> None:
    """Log Hearth from INFO on and libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    console = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if log_format == "json" else console)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("hearth").setLevel(logging.INFO)
