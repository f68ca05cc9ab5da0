"""The compiled encoder: blocks of CSV to lines of JSON, in C that Cython generates.

In: the bytes of whole rows, and an `EncodingPlan` of what to do with each of their cells. Out: the
JSON text of each row, between the text that the caller wants before and after it; a row that needs
care is handed back.

Why it is here
    The straightforward way to convert a CSV row is `csv.reader`, a dictionary with a parsed value
    for each column (`RowFormat.record`), and a JSON encoder. It runs some hundred Python
    operations for a receipt of 52 columns. A year of a busy workspace has a hundred million
    receipts, so this would take many hours of CPU time. This package produces the same bytes in
    about a tenth of the time, whatever the cells contain (docs/benchmark.md; `make bench` measures
    it, tests/unit/test_speed.py guards it).

How it works
    `plan.EncodingPlan` says once for a file what a record consists of: constants, cells with their
    kinds, the first of several times, a hash, an object of the other columns.
    `block_encoder.BlockEncoder` does it for each row. Each part of the work is a file:

    - `csv_row.pxd` finds the cells of a row and its end.
    - `json_text.pxd`, `times.pxd` and `numbers.pxd` write a cell as a value.
    - `utf_8.pxd` checks what is not ASCII.
    - `output.pxd` is the buffer for the lines. Nothing else grows it or checks its room.

    It handles only what it understands completely. A row with the wrong number of cells, a NUL,
    bytes that are not UTF-8, an empty key or an unreadable cell is handed back, and
    `RowFormat.record` processes it: that function alone decides what is wrong with a row, and
    writes the reason. A cell in an unusual format, such as a time with an offset, is read by the
    Python function for its kind. So a mistake here can make rows slow, but not a damaged row valid.

What it costs
    Code that a C compiler has to see: wheels contain the module, and an installation from source
    compiles it (hatch_build.py). It reads bytes from outside with pointers, so each access has to
    be shown to be inside of its block or buffer: see the rules at the top of `block_encoder.pyx`.
    And each change of a record's format is made twice: in `rows.row_format` and here. The tests
    compare both ways for every file of the catalog, deselected properties, odd names, and random
    rows (tests/unit/test_encoder.py, tests/unit/test_encoder_shapes.py).

What happens without it
    If the module is missing, `rows.encoder` converts row by row: the same lines, ten times as slow,
    with a warning in the log. The tests set `Encoder.is_compiled` to False for that.

Only `rows.encoder` uses this package; import-linter checks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_intercom_export.rows.compiled.plan import EncodingPlan

if TYPE_CHECKING:
    from tap_intercom_export.rows.compiled.block_encoder import BlockEncoder
else:
    try:
        from tap_intercom_export.rows.compiled.block_encoder import BlockEncoder
    except ImportError:  # installed from source without a C compiler
        BlockEncoder = None

__all__ = ["BlockEncoder", "EncodingPlan"]
