"""What a device knows of its person's private rows, and how it changes them (6.4).

Who calls holds the keys. What the file keeps counts against a server that shows less: it is written again.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from hearth.client.crypto.private import (
    PrivateKind,
    PrivatePlace,
    open_private,
    read_fields,
    seal_private,
    write_fields,
)
from hearth.client.keys.catch_up import find_key
from hearth.client.keys.kept import KeptPrivate
from hearth.client.keys.own import Own
from hearth.errors import HearthError
from hearth.private.contract import (
    ListPrivateRows,
    NewPrivateRow,
    PrivatePage,
    PrivateRow,
    PrivateTaken,
    PutPrivateRows,
)
from hearth.sealed.core.verdicts import Rejected, Verdict

ROWS_AT_ONCE = 500
MOST_IN_ONE, MOST_BYTES = 100, 256 * 1024
MOST_TRIES = 5
NOTHING = b"{}"
Fields = dict[str, Any]
Change = Callable[[Fields], Fields]
Said = tuple[str, Fields]
"""A name, and what is to stand under it."""


def name_row(kind: int, place: str) -> str:
    """Return under what a row is kept in the device file; a place is 32 hex digits."""
    return f"{int(kind)} {place}"


class PrivateRows:
    """The private rows of one device in one database. `stored` are the versions that the server has."""

    def __init__(self, own: Own) -> None:
        self._own, self._kept = own, own.keys.private
        self._position = 0
        self._is_refused = False
        self._closed: set[str] = set()
        self.stored: dict[str, int] = {}

    def list_kind(self, kind: PrivateKind) -> dict[str, Fields]:
        """Return what is kept of a kind, by place."""
        of_kind = ((name.split(), row) for name, row in self._kept.items() if row.content != NOTHING)
        return {place: read_fields(row.content) for (known, place), row in of_kind if known == str(int(kind))}

    def find(self, kind: PrivateKind, place: str) -> Fields:
        """Return what is kept in a place: no fields for nothing."""
        row = self._kept.get(name_row(kind, place))
        return {} if row is None else read_fields(row.content)

    async def catch_up(self) -> None:
        """Read what came since. All is read in each run, and when the server has fewer or refused a row
        without anything new. Raises HearthError.
        """
        self._carry_over()
        is_anew = self._position == 0
        if is_anew:
            self._begin()
        has_news = await self._read_on(may_begin=not is_anew)
        if not has_news and self._is_refused and not is_anew:
            self._begin()
            has_news = await self._read_on(may_begin=False)
        self._is_refused = False
        if has_news:
            self._own.file.save()

    async def change(self, kind: PrivateKind, place: str, change: Change) -> Fields:
        """Carry a change out on what stands there, and return what stands there then.

        `change` is called again on what another device has put meanwhile. Raises HearthError; Rejected:
        malformed (no such place, too much), unsupported (a newer program has written it).
        """
        name = name_row(kind, place)
        for tries_left in reversed(range(MOST_TRIES)):
            await self.catch_up()
            if name in self._closed:
                raise Rejected(Verdict.UNSUPPORTED, "a newer program has written this row")
            before = self.find(kind, place)
            fields = change(self.find(kind, place))
            if fields == before or (kind is PrivateKind.DRAFT and _is_later(before, fields)):
                return before
            try:
                await self._put([(name, fields)])
            except HearthError as error:
                if error.code != "row_moved" or tries_left == 0:
                    raise
                self._is_refused = True
            else:
                return fields
        raise AssertionError  # the last try raises

    async def settle(self) -> None:
        """Catch up, then write again what the server has not as it was, and under the newest generation what
        is under an older one. What another device does meanwhile is left to it. Raises HearthError.
        """
        await self.catch_up()
        due = [
            (name, read_fields(row.content)) for name, row in self._kept.items() if self._is_due(name, row)
        ]
        for part in _split(due):
            try:
                await self._put(part)
            except HearthError as error:
                if error.code != "row_moved":
                    raise
                self._is_refused = True
                return

    def _is_due(self, name: str, row: KeptPrivate) -> bool:
        """Nothing is no reason to write a row that is not there."""
        stored = self.stored.get(name, 0)
        if name in self._closed or (stored == 0 and row.content == NOTHING):
            return False
        return stored != row.version or row.g < self._own.newest.statement.g

    def _carry_over(self) -> None:
        """A reset ended all rows: what this device keeps of before is due, unless another was quicker."""
        incarnation = self._own.newest.stated.incarnation
        left = [name for name, row in self._kept.items() if row.incarnation != incarnation]
        for name in left:
            self._kept[name] = KeptPrivate(0, 0, self._kept[name].content, incarnation)
        if left:
            self._begin()

    def _begin(self) -> None:
        self._position, self.stored, self._closed = 0, {}, set()

    async def _read_on(self, *, may_begin: bool) -> bool:
        """Read from the position on; tell whether there was anything."""
        has_news = False
        while True:
            command = ListPrivateRows(after=self._position, limit=ROWS_AT_ONCE)
            page: PrivatePage = await self._own.ask(command, PrivatePage)
            if page.position < self._position and may_begin:
                self._begin()
                return await self._read_on(may_begin=False)
            new = [row for row in page.rows if row.position > self._position]
            for row in new:
                if row.g > self._own.newest.statement.g:
                    return has_news  # another device has renewed it: read on once that is known
                self._position = row.position
                await self._take(row)
                has_news = True
            if not new or self._position >= page.position:
                return has_news

    async def _take(self, row: PrivateRow) -> None:
        """Know a row, if it opens, can be kept, and is not below what is known."""
        name = name_row(row.kind, row.place)
        self.stored[name] = row.version
        self._closed.discard(name)
        key = await find_key(self._own, row.g)
        if key is None:
            return
        try:
            fields = open_private(key, self._place_of(name, row.g, row.version), row.sealed)
            self._learn(name, row.g, row.version, fields)
        except Rejected as rejected:
            if rejected.verdict is Verdict.UNSUPPORTED:
                self._closed.add(name)

    def _learn(self, name: str, g: int, version: int, fields: Fields) -> None:
        """What is to be sent in the person's name counts only under the newest generation."""
        newest = self._own.newest
        known = self._kept.get(name)
        is_lower = known is not None and (g < known.g or version < known.version)
        is_old = int(name.split()[0]) == PrivateKind.SCHEDULED and g < newest.statement.g
        if not is_lower and not is_old:
            self._kept[name] = KeptPrivate(g, version, write_fields(fields), newest.stated.incarnation)

    async def _put(self, rows: Sequence[Said]) -> None:
        """Put rows in the place of those that are stored, above all versions that were seen."""
        newest = self._own.newest
        made = []
        for name, fields in rows:
            kind, place = name.split()
            before, kept = self.stored.get(name, 0), self._kept.get(name)
            version = max(before, 0 if kept is None else kept.version) + 1
            at = self._place_of(name, newest.statement.g, version)
            made.append(
                NewPrivateRow(
                    kind=cast(Any, int(kind)),
                    place=place,
                    before=before,
                    version=version,
                    g=at.g,
                    sealed=seal_private(newest.key, at, fields),
                )
            )
        await self._own.ask(PutPrivateRows(rows=made), PrivateTaken)
        for (name, fields), row in zip(rows, made, strict=True):
            self.stored[name] = row.version
            self._learn(name, row.g, row.version, fields)
        self._own.file.save()

    def _place_of(self, name: str, g: int, version: int) -> PrivatePlace:
        kind, place = name.split()
        return PrivatePlace(self._own.server, self._own.user, g, int(kind), bytes.fromhex(place), version)


def _is_later(draft: Fields, other: Fields) -> bool:
    """Tell whether a draft was written after another one, where both say when."""
    time, other_time = draft.get("time"), other.get("time")
    return isinstance(time, int | float) and isinstance(other_time, int | float) and time > other_time


def _split(rows: Sequence[Said]) -> Iterator[list[Said]]:
    """Give rows in parts that a request has room for."""
    part: list[Said] = []
    size = 0
    for name, fields in rows:
        length = len(write_fields(fields)) + 1024
        if part and (len(part) == MOST_IN_ONE or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append((name, fields))
        size += length
    if part:
        yield part
