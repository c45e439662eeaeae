"""Reading one's own log from a cursor, page by page."""

from msgspec import Raw

from hearth.accounts.read_log import LoggedRow, LogSlice, read_log
from hearth.contract import Context
from hearth.sync import rules
from hearth.sync.contract import LogEntry, LogPage, ReadLog


async def read_own_log(context: Context, command: ReadLog) -> LogPage:
    """Return what came after the cursor; `gone` when the log does not reach back, or not up, to there."""
    log, page, has_more = await read_entries(context, command.after, command.limit)
    if not log.reaches(command.after):
        return LogPage(entries=[], more=False, gone=True)
    return LogPage(entries=page, more=has_more, gone=False)


async def read_entries(context: Context, after: int, limit: int) -> tuple[LogSlice, list[LogEntry], bool]:
    """Return the log around a cursor, the entries after it that fit, and whether there are more."""
    log = await read_log(context.transaction, context.user_id, after, limit + 1)
    rows, has_more = rules.cut_log(log.entries, limit)
    return log, [to_log_entry(row) for row in rows], has_more


def to_log_entry(row: LoggedRow) -> LogEntry:
    return LogEntry(seq=row.seq, kind=row.kind, payload=Raw(row.payload), timestamp=row.timestamp)
