"""Cells with times to JSON texts, by tables of the hours and seconds that were seen before."""

from __future__ import annotations

import re
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_FORM = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.(\d+))?(.*)", re.ASCII)

_UNIX_DIGITS = 10

_MAX_HOUR_ENTRIES = 10_000
"""More than a year."""

_MAX_END_ENTRIES = 10_000
"""More than all milliseconds."""

_SECONDS = [f":{second // 60:02}:{second % 60:02}" for second in range(3600)]
_UNIX_SECONDS = [f'{text}Z"' for text in _SECONDS]


def time_reader(parse: Callable[[str], str | None], sample: str) -> Callable[[str], str]:
    """Return a function that reads cells as the JSON text of a time.

    It reads every form that `parse` reads, and is fastest for that of the sample.

    Args:
        parse: Reads a cell as a time in UTC; None for no time. Raises ValueError, as does the
            function.
        sample: A cell, as it stands in most rows.
    """
    form = _FORM.fullmatch(sample)
    tables = _tables(parse, form[2] if form else "Z")
    if sample.isdecimal():
        return tables.unix
    return tables.fraction if form and (form[1] or "").strip("0") else tables.whole


class _Tables:
    """What the parts of times become, for times with one way to write the zone.

    Tables for hours, for seconds and for fractions stay small enough for a processor's cache.

    Args:
        parse: Reads a cell as a time.
        zone: What follows the second and its fraction, e.g. `Z`, ` UTC`, `+02:00` or nothing.

    Attributes:
        whole: Reads cells, fastest where the second has no fraction but zeros.
        fraction: Reads cells, fastest where it has one.
        unix: Reads cells, fastest where they are unix seconds.
    """

    def __init__(self, parse: Callable[[str], str | None], zone: str) -> None:
        self._parse = parse
        self._zone = zone
        self._hours: dict[str, str] = {}
        self._minutes = dict(zip(_SECONDS, _SECONDS, strict=True))
        self._ends: dict[str, str] = {}
        self._seconds: dict[str, str] = {}
        """`_minutes` with those of `_ends` that are no fraction."""
        self._unix_hours: dict[int, str] = {}
        self.whole, self.fraction, self.unix = self._functions()

    def _functions(self) -> tuple[Callable[[str], str], ...]:
        hour_of, minute_of, end_of = self._hours.get, self._minutes.get, self._ends.get
        hours, seconds, unix_hour_of = self._hours, self._seconds, self._unix_hours.get

        def whole(cell: str) -> str:
            try:  # nearly all were seen before, and then this is the fastest way
                return hours[cell[:13]] + seconds[cell[13:]]
            except KeyError:
                return fraction(cell)

        def fraction(cell: str) -> str:
            if (
                (hour := hour_of(cell[:13]))
                and (minute := minute_of(cell[13:19]))
                and (end := end_of(cell[19:]))
            ):
                return hour + minute + end
            return unix(cell)

        def unix(cell: str) -> str:
            if len(cell) == _UNIX_DIGITS and cell.isdecimal():
                number, second = divmod(int(cell), 3600)
                if hour := unix_hour_of(number):
                    return hour + _UNIX_SECONDS[second]
            return self._new(cell)

        return whole, fraction, unix

    def _new(self, cell: str) -> str:
        """Read a cell of which a part was not seen before."""
        value = self._parse(cell)
        if value is None:
            return "null"
        form = _FORM.fullmatch(cell)
        if cell.isdecimal() and len(cell) == _UNIX_DIGITS:
            _make_room(self._unix_hours, _MAX_HOUR_ENTRIES)
            self._unix_hours[int(cell) // 3600] = f'"{value[:13]}'
        elif form and form[2] == self._zone and self._is_plain(cell[:13], cell[19:], value[:13]):
            _make_room(self._hours, _MAX_HOUR_ENTRIES)
            self._hours[cell[:13]] = f'"{value[:13]}'
            self._add_end(cell[19:], f'{value[19:]}"')
        return f'"{value}"'

    def _add_end(self, end: str, text: str) -> None:
        if end in self._ends:
            return
        _make_room(self._ends, _MAX_END_ENTRIES)
        self._ends[end] = text
        if not text.startswith("."):
            self._seconds.update((second + end, second + text) for second in _SECONDS)

    def _is_plain(self, hour: str, end: str, in_utc: str) -> bool:
        """Tell whether all seconds of an hour are those of one hour in UTC."""
        try:
            first, last = (self._parse(f"{hour}{second}{end}") for second in (":00:00", ":59:59"))
        except ValueError:
            return False
        borders = (f"{in_utc}:00:00", f"{in_utc}:59:59")
        return bool(first and last) and ((first or "")[:19], (last or "")[:19]) == borders


_tables = lru_cache(maxsize=8)(_Tables)


def _make_room(table: dict[Any, str], limit: int) -> None:
    if len(table) >= limit:
        table.clear()


def time_run_reader(
    names: list[str],
    deselected: Collection[str],
    read: Callable[[str], str],
    *,
    omit_nulls: bool,
) -> Callable[[str], str]:
    """Return a function that makes the properties of times side by side, most of which are empty.

    Args:
        names: Of the times. The function takes their cells, with commas in between.
        deselected: Names that are to be read and left out.
        read: Reads a cell as JSON text.
        omit_nulls: Whether empty ones are left out.
    """
    wanted = [name not in deselected for name in names]
    keys = [f",{quote(name)}:" for name in names]
    nulls = [
        "" if omit_nulls or not want else f"{key}null"
        for key, want in zip(keys, wanted, strict=True)
    ]
    places = range(len(names))
    before = ["".join([*nulls[:place], keys[place]]) for place in places]
    after = ["".join(nulls[place + 1 :]) for place in places]
    starts = [len("".join(nulls[:place])) for place in places]
    no_times, no_cells = "".join(nulls), "," * places[-1]
    commas_after = [no_cells[place:] for place in places]

    def read_run(run: str) -> str:
        if run == no_cells:
            return no_times
        filled = run.lstrip(",")
        place = len(run) - len(filled)
        try:
            text = before[place]
            while (end := filled.find(",")) >= 0:
                rest = filled[end:]
                time = read(filled[:end])
                if rest == commas_after[place]:
                    return f"{text}{time}{after[place]}"
                filled = rest.lstrip(",")
                start = starts[place + 1]
                place += len(rest) - len(filled)
                text = f"{text}{time}{before[place][start:]}"
        except IndexError:  # too many cells
            pass
        return read_one_by_one(run)

    def read_one_by_one(run: str) -> str:
        text = ""
        for key, null, want, cell in zip(keys, nulls, wanted, run.split(","), strict=True):
            value = key + read(cell) if cell else null
            if want:
                text += value
        return text

    return read_run if all(wanted) else read_one_by_one
