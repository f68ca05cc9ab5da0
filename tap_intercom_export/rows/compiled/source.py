"""Writes the source code of the function that encodes the rows of a file, for its columns."""

from __future__ import annotations

import json
from itertools import groupby, islice
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.cell_parsers import NULL_ID_CELLS
from tap_intercom_export.schemas import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_intercom_export.rows.row_format import RowFormat

TEXTS_PER_CHECK = 4
"""Number of neighbouring texts that are tested together for being filled."""

MIN_TIME_RUN_LENGTH = 8
"""Minimum number of neighbouring times that are handled as one text."""


class Source:
    """Writes the code of the function.

    For a file with a time and a hash the code looks like this:

        def encode(rows, add, add_key, before=before, after=after):
         row = None
         try:
          for row in rows:
           c0, c1, c2, = row.split(',')
           v0 = f'"{c0}"' if c0 else missing()
           v1 = read_TIME(c1) if c1 else 'null'
           created_at = v1
           if created_at == 'null': missing()
           hashed = f'"{digest(…)}"'
           x2 = f'"{c2}"' if c2 else 'null'
           add(f'{before}…,"event_id":{hashed},…,"url":{x2}…{after}')
         except ValueError: return row

    Most texts of a receipt are filled, and most of its `first_*` times are empty. So several texts
    are tested together, and the code does not split a run of neighbouring times.

    Args:
        form: Format of the rows.
        deselected: Names of properties to leave out.
        omit_nulls: Whether to leave out properties of empty cells, except the first property.
        with_keys: Whether to add the key of each row.

    Attributes:
        run: Names of times that are neighbours, in the file and in the record.
        constants: Global variables of the code, besides the functions that it calls.
    """

    def __init__(
        self, form: RowFormat, deselected: frozenset[str], *, omit_nulls: bool, with_keys: bool
    ) -> None:
        self._form = form
        self._omit_nulls = omit_nulls
        self._with_keys = with_keys
        self._deselected = deselected
        # the names of those that are folded may be those of properties
        plain = [(n, each) for n, each in enumerate(form.columns) if n not in form.unplaced]
        self._place = {column.name: index for index, column in plain}
        self._kinds = {column.name: column.kind for _, column in plain}
        self._known: dict[str, str] = {}
        """Properties that are computed first, and the variables with their JSON texts."""
        self.constants: dict[str, Any] = {}
        self._first_lines = [
            *self._needed(),
            *self._created_at(),
            *self._hash(),
            *self._folded(),
        ]
        self.run = [] if form.file.hash_name else self._find_run()

    def function(self) -> str:
        """Return the code of the function; `before` and `after` are global variables of it."""
        lines = [*self._split(), *self._first_lines, *self._unwanted()]
        names = [name for name in self._form.template if name not in self._deselected]
        text = self._property(names[0], lines, is_first=True) if names else ""
        for together, neighbours in groupby(names[1:], self._together):
            if not together:
                text += "{times}"
                continue
            while group := list(islice(neighbours, together)):
                text += self._texts(group, lines) if group[1:] else self._property(group[0], lines)
        whole = f"{{before}}{text}{{after}}"
        loop = [f"   {line}" for line in (*lines, f"add(f{whole!r})", *self._key())]
        head = [
            "def encode(rows, add, add_key, before=before, after=after):",
            *(" row = None", " try:", "  for row in rows:"),
        ]
        return "\n".join([*head, *loop, " except ValueError: return row"])

    def _find_run(self) -> list[str]:
        """Return the longest run of times, if long enough; never one that begins the record."""
        names = {index: name for name, index in self._place.items()}
        columns = [names.get(index, "") for index in range(len(self._form.columns))]
        runs = [list(run) for is_time, run in groupby(columns, self._is_plain_time) if is_time]
        run = max(runs, key=len, default=[])
        if len(run) < MIN_TIME_RUN_LENGTH:
            return []
        properties = list(self._form.template)
        start = properties.index(run[0])
        in_order = properties[start : start + len(run)] == run
        return run if in_order and set(properties[:start]) - self._deselected else []

    def _is_plain_time(self, name: str) -> bool:
        return self._kinds.get(name) is Kind.TIME and name not in self._known

    def _split(self) -> Iterator[str]:
        """Yield the lines that split a row into cells, except the cells of the run."""
        cells = [f"c{index}" for index in range(len(self._form.columns))]
        if not self.run:
            yield f"{', '.join(cells)}, = row.split(',')"
            return
        start = self._place[self.run[0]]
        after = cells[start + len(self.run) :]
        yield f"{', '.join([*cells[:start], 'run'])}, = row.split(',', {start})"
        if after:
            yield f"{', '.join(['run', *after])}, = run.rsplit(',', {len(after)})"
        yield "times = read_run(run)"

    def _unwanted(self) -> Iterator[str]:
        """Yield the lines that read deselected columns: a bad cell in one still damages its row."""
        for name in sorted(self._deselected & (self._place.keys() - {*self._known, *self.run})):
            if self._form.parsers[self._kinds[name]] is not None:
                yield self._cell(name, "None")

    def _together(self, name: str) -> int:
        """Return how many such properties are tested together; 0 for those of the run."""
        if name in self.run:
            return 0
        is_text = name in self._place and self._form.parsers[self._kinds[name]] is None
        return TEXTS_PER_CHECK if is_text and name not in self._known else 1

    def _texts(self, names: list[str], lines: list[str]) -> str:
        """Return the part of the f-string for some texts; add the lines that it needs."""
        cells = [f"c{self._place[name]}" for name in names]
        keys = [_literal(f",{quote(name)}:") for name in names]
        filled = "".join(f'{key}"{{{cell}}}"' for key, cell in zip(keys, cells, strict=True))
        inner: list[str] = []
        one_by_one = "".join(self._property(name, inner) for name in names)
        variable = f"g{cells[0]}"
        lines.append(f"if {' and '.join(cells)}: {variable} = f{filled!r}")
        lines += ["else:", *(f" {line}" for line in inner), f" {variable} = f{one_by_one!r}"]
        return f"{{{variable}}}"

    def _property(self, name: str, lines: list[str], *, is_first: bool = False) -> str:
        """Return the part of the f-string for a property; add the line that it needs."""
        key = _literal(f"{quote(name)}:" if is_first else f",{quote(name)}:")
        if name in self._known:
            return f"{key}{{{self._known[name]}}}"
        omits_null = self._omit_nulls and not is_first
        if name in self._place:
            variable = f"x{self._place[name]}"
            lines.append(f"{variable} = {self._cell(name, repr('null'))}")
            if not omits_null:
                return f"{key}{{{variable}}}"
            pair = f"{key}{{{variable}}}"
            lines.append(f"{variable} = f{pair!r} if {variable} != 'null' else ''")
            return f"{{{variable}}}"
        constant = self._form.template[name]
        return "" if omits_null and constant is None else key + _literal(json.dumps(constant))

    def _cell(self, name: str, otherwise: str) -> str:
        """Return the expression for the JSON text of a column's cell."""
        if name not in self._place:
            return otherwise
        kind, cell = self._kinds[name], f"c{self._place[name]}"
        quoted = f"f'\"{{{cell}}}\"'"
        value = quoted if self._form.parsers[kind] is None else f"read_{kind.name}({cell})"
        if kind is Kind.OPTIONAL_ID:
            none = " or ".join(f"{cell} == {text!r}" for text in NULL_ID_CELLS)  # faster than a set
            value = f"('null' if {none} else {quoted})"
        is_filled = cell
        if name == self._form.only_id:
            is_filled = f"{cell} and {cell} not in missing_ids"
        return f"{value} if {is_filled} else {otherwise}"

    def _needed(self) -> Iterator[str]:
        """Yield the lines for the properties that identify a row, and for its time."""
        file, template = self._form.file, self._form.template
        never_null = {
            name
            for name in (*file.key, *file.required)
            if name != file.hash_name and template[name] is None
        }
        for name in dict.fromkeys((*(file.time or ()), *sorted(never_null))):
            variable = self._known[name] = f"v{len(self._known)}"
            empty = repr('""') if file.empty_key else "missing()"
            otherwise = empty if name in never_null else "'null'"
            yield f"{variable} = {self._cell(name, otherwise)}"
        if file.empty_key:
            parts = [self._known[name] for name in file.row_key]
            yield f"""if {" == ".join(parts)} == '""': missing()"""

    def _created_at(self) -> Iterator[str]:
        """Yield the lines for `created_at`: the first time that is not empty."""
        file = self._form.file
        if file.time is None and self._form.times:
            constant = json.dumps(self._form.template["created_at"])
            yield f"created_at = lenient_time(c{self._form.times[0]}) or {constant!r}"
        elif file.time:
            first, *others = (self._known[name] for name in file.time)
            yield f"created_at = {first}"
            for other in others:
                yield f"if created_at == 'null': created_at = {other}"
            yield "if created_at == 'null': missing()"
        else:
            return
        self._known["created_at"] = "created_at"

    def _key(self) -> Iterator[str]:
        """Yield the line that adds the key of the row, if keys are wanted."""
        if self._with_keys:
            values = (
                f"{{{self._known[name]}}}"
                if name in self._known
                else _literal(json.dumps(self._form.template[name]))
                for name in self._form.file.key
            )
            yield f"add_key(f{','.join(values)!r})"

    def _hash(self) -> Iterator[str]:
        """Yield the lines for the hash of what identifies a row."""
        file, form = self._form.file, self._form
        if not file.hash_name:
            return
        order = sorted(range(len(form.hash_names)), key=form.hash_names.__getitem__)
        keys = {place: f'[{quote(form.hash_names[place])},"' for place in order}
        self.constants["hash_keys"] = list(keys.values())
        cells = {place: f"c{place}" for place in order}
        for place in form.times:
            cells[place] = f"(lenient_time(c{place})[1:-1] or c{place})"
            if file.time == (form.columns[place].name,):  # was read, and is never null
                cells[place] = f"{self._known[form.columns[place].name]}[1:-1]"
        start = f"[{quote(form.statistic)},["
        pairs = '"],'.join(f"{_literal(keys[place])}{{{cells[place]}}}" for place in order)
        filled = f'{_literal(start)}{pairs}"]]]'
        in_order = "".join(f"{cells[place]}, " for place in order)
        yield f"if {' and '.join(f'c{place}' for place in order)}: identity = f{filled!r}"
        yield "else:"
        yield f" pairs = [key + cell for key, cell in zip(hash_keys, ({in_order})) if cell]"
        yield f""" identity = {start!r} + '"],'.join(pairs) + ('"]]]' if pairs else ']]')"""
        yield "hashed = hash_as_json(identity)"
        self._known[file.hash_name] = "hashed"

    def _folded(self) -> Iterator[str]:
        """Yield the lines for the object of the columns that are folded into one property."""
        file, form = self._form.file, self._form
        if not file.fold_into or file.fold_into in self._deselected:
            return
        for place in form.folded:
            yield f"""f{place} = f'"{{c{place}}}"' if c{place} else 'null'"""
        pairs = (
            f"{_literal(quote(form.columns[place].name))}:{{f{place}}}" for place in form.folded
        )
        yield f"folded = f{'{{' + ','.join(pairs) + '}}'!r}"
        self._known[file.fold_into] = "folded"


def _literal(text: str) -> str:
    """Return a text escaped for an f-string."""
    return text.replace("{", "{{").replace("}", "}}")
