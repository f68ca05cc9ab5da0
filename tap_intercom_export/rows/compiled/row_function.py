"""Generates the function that encodes the rows of a file; its code is written for their columns.

For each row it has the effect of `RowFormat.record` and a JSON encoder in one expression: the text
of the message with the cells inserted. It takes about a fifteenth of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tap_intercom_export.rows.cell_parsers import MISSING_ID_CELLS, time
from tap_intercom_export.rows.compiled.cell_readers import json_reader, lenient_time, sample_cell
from tap_intercom_export.rows.compiled.source import Source
from tap_intercom_export.rows.compiled.times import time_reader, time_run_reader
from tap_intercom_export.rows.escape import as_json_module
from tap_intercom_export.rows.row_format import digest
from tap_intercom_export.schemas import Kind

if TYPE_CHECKING:
    from types import CodeType

    from tap_intercom_export.rows.row_format import RowFormat

RowFunction = Callable[[Iterator[str], Callable[[str], None], Callable[[str], None]], "str | None"]
"""Encodes escaped rows and passes the text of each to a callback, and its key to another one if
keys are wanted, until a row needs the slow path (`RowFormat.record`): returns that row, or None
after the last one."""


def row_function(
    form: RowFormat,
    before: str,
    after: str,
    deselected: Collection[str],
    sample: list[str],
    *,
    omit_nulls: bool,
    with_keys: bool,
) -> RowFunction:
    """Return the function for a file.

    The function returns blank lines as rows that need the slow path. In a file with one column a
    blank line could be a row, so it returns all rows of such a file.

    Args:
        form: Format of the rows.
        before: Text before each record.
        after: Text after each record.
        deselected: Names of properties to leave out.
        sample: The cells of a typical row; the function is fastest for rows in its format.
        omit_nulls: Whether to leave out properties of empty cells, for readers to which a missing
            property is null.
        with_keys: Whether to pass the key of each row to the second callback: the JSON texts of
            its values, separated by commas.
    """
    if len(form.columns) < 2:  # noqa: PLR2004 - as the docstring says
        return lambda rows, *_: next(rows, None)
    source = Source(form, frozenset(deselected), omit_nulls=omit_nulls, with_keys=with_keys)
    readers = {
        kind: json_reader(parse, kind, sample_cell(form, kind, sample))
        for kind, parse in form.parsers.items()
        if parse is not None
    }
    names: dict[str, Any] = {f"read_{kind.name}": read for kind, read in readers.items()}
    times = next((sample[place] for place in form.times if sample[place:]), "")
    names["lenient_time"] = lenient_time(time_reader(time, times))
    names |= {"missing": _missing, "missing_ids": MISSING_ID_CELLS}
    names |= {"hash_as_json": _hash_as_json, **source.constants}
    if source.run:
        names["read_run"] = time_run_reader(
            source.run, deselected, readers[Kind.TIME], omit_nulls=omit_nulls
        )
    names |= {"before": before + "{", "after": "}" + after}
    code = _compiled(source.function())
    exec(code, names)  # noqa: S102 - made of names that stand in it as literals, and of no cell
    function: RowFunction = names.pop("encode")
    return function


@lru_cache(maxsize=128)
def _compiled(code: str) -> CodeType:
    """Compile the code of a function, which files of one kind have in common.

    It takes 2 ms for a receipt, as long as 400 rows.
    """
    return compile(code, "<row function>", "exec")


def _hash_as_json(identity: str) -> str:
    """Return the hash of a row as JSON text.

    Args:
        identity: The identifying content of the row as JSON, escaped like the cells.
    """
    return f'"{digest(as_json_module(identity))}"'


def _missing() -> str:
    """Refuse a row without identification; `RowFormat.record` then describes the reason."""
    raise ValueError
