"""The compiled encoder: CSV rows to JSON text with a function generated for each file.

In: rows that `rows.escape` has prepared, and the `RowFormat` of their file. Out: the JSON text of
each row, between the text that the caller wants before and after it; rows that need care are handed
back. `row_function.row_function` is all that others use.

Why it is here
    The straightforward way to convert a CSV row is `csv.reader`, a dictionary with a parsed value
    for each column (`RowFormat.record`), and a JSON encoder. It runs some hundred Python
    operations for a receipt of 52 columns. A year of a busy workspace has a hundred million
    receipts, so this would take many hours of CPU time. This package produces the same bytes in
    about a quarter of the time of that way, and in a fifteenth of the time of a standard SDK
    stream (docs/benchmark.md; `make bench` measures the second, tests/unit/test_speed.py
    guards it).

How it works
    The idea is that almost no cell needs to be looked at on its own. It takes three steps:

    1. `rows.escape.escape_block` escapes a whole block of some hundred rows, as bytes, before it is
       split: backslashes and control characters become JSON escapes, and quoted cells lose their
       quotes and have their commas and line ends escaped. Each of these replacements is one call
       of a C function for the whole block. Afterwards every comma separates two cells, and every
       cell is already valid inside a JSON string.
    2. `source.Source` writes the source code of a Python function for the columns of the file, and
       `row_function.row_function` runs `exec` on it once for each file. The function splits a row
       with `row.split(",")` and inserts the cells into one f-string that contains the whole record,
       with the property names and the constant values. The code contains names and constants as
       literals, never the content of a cell. The text around the record, which has the time, is an
       argument, so that files of one kind have the same code, which is compiled once.
    3. `times` reads times from small tables of hours and seconds that have occurred before. The
       33 `first_*` columns of a receipt, most of which are empty, are not even split: a run of
       neighbouring times is handled as one text.

    The fast way handles only what it understands completely. A block with quotes outside of RFC
    4180, mixed line ends or another delimiter is left to the csv module. A row that lacks a key,
    has the wrong number of cells, an unreadable cell or an invalid character is handed back, and
    `RowFormat.record` processes it: that function alone decides what is wrong with a row, and
    writes the reason. So a mistake here can make rows slow, but not a damaged row valid.

What it costs
    Four modules with some 650 lines, and `rows.escape`, that are harder to read than the rest of
    the tap, and the rule that each change of a record's format is made twice: in `rows.row_format`
    and in `source`. Generated code is also harder to debug; printing the result of
    `Source.function` helps, and its docstring shows an example. The tests compare both ways for
    every file of the catalog, deselected properties, odd names, and random rows
    (tests/unit/test_encoder.py, tests/unit/test_encoder_shapes.py).

What to do if it must go
    Set `Encoder.is_compiled` to False: then everything works the same, several times slower, and
    no code is generated. The tests use this switch to compare whole runs. To remove the package
    for good, make `Encoder._plain_lines` the only way, and delete this package,
    `rows.escaped_block` and `CsvReader.blocks`.

Only `rows.encoder` uses this package; import-linter checks it.
"""
