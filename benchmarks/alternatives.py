"""Other ways to build the tap that were measured, and why it is not built like that."""

from __future__ import annotations

ALTERNATIVES = """\
### Alternatives

CPU time for a receipt of 52 columns, from the unpacked CSV to the message:

| way | µs a row | peak MiB |
| --- | --- | --- |
| code written for each file, blocks escaped at once: the tap | about 5, of any shape | 57 |
| the same, with the csv module for rows with quotes: an earlier version | 4 to 16 by shape | 55 |
| polars, 400,000 rows of any shape (170 MB to install) | 7.5 | 118 |
| DuckDB, likewise | 7.5 | 245 |

About ten calls of C functions turn 64 KiB of CSV, with any content, into a list of rows whose cells
are escaped for JSON; the csv module reads only blocks that do not conform to RFC 4180. The rest is
splitting at commas and inserting cells into a template. A columnar engine saves neither: it has to
write the same text, every installation would need it, and rows that are not valid CSV would still
need the slow path.

pyarrow writes no JSON, but it can join escaped columns to lines, and needs no Python object for a
cell. That was built and measured in pairs, with equal records: 4.8 µs CPU a row beside 5.0 for the
tap. In two threads, for which Arrow releases Python's lock, a row took 4.1 to 4.5 µs beside 5.1 to
5.6 for plain receipts, and as long as in the tap, 5.5, for quoted ones with unix seconds; with 220
MiB, as Arrow only pays for blocks of a MiB. An eighth to a quarter of the time of some shapes is
not worth a second engine and four times the memory.

A second process that encodes every other block of a file was built and measured: in one run of
five turns 5.9 µs a row with it, 5.9 without, and 1.6 times the CPU time, because the blocks and the
texts cross pipes. So it was removed. A thread that unpacks ahead was measured too: 4.9 µs a row
with it, 4.7 without, as Python code runs in one thread at a time. Blocks of 8 to 128 KiB differ by
less than the noise. Batch files are different: another thread compresses them, because gzip and
Arrow release Python's lock for long calls. It waits for the lock a few times for each block, up to
Python's switch interval. With the default, 5 ms, it could not keep up: the main thread waited 0.4
µs a row for it; with 1 ms it waits 0.05.

Parquet needs no text, so there a columnar engine wins: by way of JSON a row took 8.0 µs, as columns
it takes 3.7. Of these, Arrow's CSV reader takes 0.8, the types 0.6, and the check that the block is
RFC 4180 0.2; another thread writes the file in 1.3. Blocks with unusual cells still go the slow
way, as do files whose rows are identified by a hash.

Empty properties are written as null, which is most of a receipt's 1,500 bytes: the target has to
overwrite values of earlier windows."""
"""Part of the page about the benchmark. Figures are of single runs, not of each new one."""
