"""Converts times to JSON texts with tables of the hours and seconds that occurred before."""

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
"""Hours; more than a year has."""

_MAX_END_ENTRIES = 10_000
"""Fractions of a second; more than there are milliseconds."""

_SECONDS = [f":{second // 60:02}:{second % 60:02}" for second in range(3600)]
_UNIX_SECONDS = [f'{text}Z"' for text in _SECONDS]


def time_reader(parse: Callable[[str], str | None], sample: str) -> Callable[[str], str]:
    """Return a function that reads cells as the JSON text of a time.

    It reads every format that `parse` reads, and is fastest for the format of the sample.

    Args:
        parse: Reads a cell as a time in UTC; None for no time. Raises ValueError, as does the
            function.
        sample: A cell in the format of most rows.
    """
    form = _FORM.fullmatch(sample)
    tables = _tables(parse, form[2] if form else "Z")
    if sample.isdecimal():
        return tables.unix
    return tables.fraction if form and (form[1] or "").strip("0") else tables.whole


class _Tables:
    """Tables for the parts of a time, for one way to write the time zone.

    Separate tables for hours, seconds and fractions are small enough for a processor's cache.

    Args:
        parse: Parses a time.
        zone: The text after the second and its fraction, e.g. `Z`, ` UTC`, `+02:00` or nothing.

    Attributes:
        whole: Reads a cell, fastest if the second has no fraction, or only zeros.
        fraction: Reads a cell, fastest if the second has another fraction.
        unix: Reads a cell, fastest if it contains unix seconds.
    """

    def __init__(self, parse: Callable[[str], str | None], zone: str) -> None:
        self._parse = parse
        self._zone = zone
        self._hours: dict[str, str] = {}
        self._minutes = dict(zip(_SECONDS, _SECONDS, strict=True))
        self._ends: dict[str, str] = {}
        self._seconds: dict[str, str] = {}
        """`_minutes` combined with the entries of `_ends` that are not fractions."""
        self._unix_hours: dict[int, str] = {}
        self.whole, self.fraction, self.unix = self._functions()

    def _functions(self) -> tuple[Callable[[str], str], ...]:
        hour_of, minute_of, end_of = self._hours.get, self._minutes.get, self._ends.get
        hours, seconds, unix_hour_of = self._hours, self._seconds, self._unix_hours.get

        def whole(cell: str) -> str:
            try:  # nearly all parts occurred before, and then this is the fastest way
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
        """Read a cell that has a new part, and add the part to the tables."""
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
        """Return whether all seconds of an hour belong to one hour in UTC."""
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
    """Return a function that encodes neighbouring times, most of which are empty.

    The function takes their cells as one text, separated by commas.

    Args:
        names: Names of the times, in order.
        deselected: Names of times that are read but not written.
        read: Reads a cell as JSON text.
        omit_nulls: Whether empty times are left out.
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
