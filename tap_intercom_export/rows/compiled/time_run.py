"""Times that stand side by side in a line, most of them empty, to JSON properties."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING

from tap_intercom_export.rows.parsers import HOUR_TEXTS, SECOND_TEXTS, time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def run_reader(names: list[str], deselected: Collection[str]) -> Callable[[str], str]:
    """Return a function that makes the text of times side by side, most of which are empty.

    Args:
        names: Of the times. The function takes their cells, with commas in between.
        deselected: Names that are to be read and left out.
    """
    wanted = [name not in deselected for name in names]
    keys = [f",{quote(name)}:" for name in names]
    nulls = [f"{key}null" if want else "" for key, want in zip(keys, wanted, strict=True)]
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
            while True:
                end = filled.find(",")
                rest = filled[end:]
                hour, second = HOUR_TEXTS[filled[:13]], SECOND_TEXTS[filled[13:end]]
                if rest == commas_after[place]:
                    return f"{text}{hour}{second}{after[place]}"
                filled = rest.lstrip(",")
                start = starts[place + 1]
                place += len(rest) - len(filled)
                text = f"{text}{hour}{second}{before[place][start:]}"
        except LookupError:  # a time not seen before, in the last column, or too many cells
            return read_one_by_one(run)

    def read_one_by_one(run: str) -> str:
        text = ""
        for key, null, want, cell in zip(keys, nulls, wanted, run.split(","), strict=True):
            value = key + time_as_json(cell) if cell else null
            if want:
                text += value
        return text

    return read_run if all(wanted) else read_one_by_one


def time_as_json(cell: str) -> str:
    """Return the JSON text of a time; where its parts were seen before, without a further call."""
    try:
        return HOUR_TEXTS[cell[:13]] + SECOND_TEXTS[cell[13:]]
    except KeyError:
        instant = time(cell)
        return f'"{instant}"' if instant else "null"
