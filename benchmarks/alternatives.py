"""Other ways to build the tap that were measured, and why it is not built like that."""

from __future__ import annotations

ALTERNATIVES = """\
### Alternatives

CPU time for a receipt of 52 columns, from the unpacked CSV to the message:

| way | µs a row | peak MiB |
| --- | --- | --- |
| compiled code (Cython): the tap | about 1, of any shape | 57 |
| Python code written for each file: an earlier version | about 5, of any shape | 57 |
| the same, with the csv module for rows with quotes: before that | 4 to 16 by shape | 55 |
| csv module, dictionary, json module: the tap without a C compiler | about 20 | 57 |
| polars, 400,000 rows of any shape (170 MB to install) | 7.5 | 118 |
| DuckDB, likewise | 7.5 | 245 |

Python code was as fast as it gets: about ten calls of C functions for 64 KiB of CSV, one
`row.split(",")` and one f-string a row. Half of the time went into objects for cells that were only
copied. Compiled code needs none, and copies the text of neighbouring empty cells at once. It is
also simpler: what a record consists of is data (`rows/compiled/plan.py`), where it was source code
that the tap wrote and executed. Its price is a C compiler for installations from source.

A columnar engine does not save what costs most: it has to write the same text, every installation
would need it, and rows that are not valid CSV would still need the slow path. pyarrow writes no
JSON, but it can join escaped columns to lines. That was built and measured in pairs with the Python
code: 4.8 µs CPU a row beside 5.0, with 220 MiB. A second process that encodes every other block of
a file saved nothing either, and took 1.6 times the CPU time, because the blocks and the texts cross
pipes; nor did a thread that unpacks ahead.

Batch files are different: another thread compresses them, because gzip and Arrow release Python's
lock for long calls. It waits for the lock a few times for each block, up to Python's switch
interval. With the default, 5 ms, it could not keep up: the main thread waited 0.4 µs a row for it;
with 1 ms it waits 0.05.

Parquet needs no text, so there a columnar engine wins: by way of JSON a row took 9.2 µs with the
compiled encoder, too, beside 5.7 as columns, on a busy machine. On a quiet one columns take 3.7:
Arrow's CSV reader takes 0.8, the types 0.6, and the check that the block is RFC 4180 0.2; another
thread writes the file in 1.3. Blocks with unusual cells still go the slow way, as do files whose
rows are identified by a hash.

Empty properties are written as null, which is most of a receipt's 1,500 bytes: the target has to
overwrite values of earlier windows."""
"""Part of the page about the benchmark. Figures are of single runs, not of each new one."""
