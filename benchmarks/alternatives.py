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
need the slow path. pyarrow reads even faster, but writes no JSON.

A second process that encodes every other block of a file was built and measured: in one run of
five turns 5.9 µs a row with it, 5.9 without, and 1.6 times the CPU time, because the blocks and the
texts cross pipes. So it was removed. A thread that unpacks ahead was measured too: 4.9 µs a row
with it, 4.7 without, as Python code runs in one thread at a time. Blocks of 8 to 128 KiB differ by
less than the noise. Batch files are different: another thread compresses them, because gzip and
Arrow release Python's lock for long calls. It waits for the lock a few times for each block, so
blocks have 4 MiB: jsonl then takes 5.9 µs a row, with blocks of 1 MiB 6.8.

Parquet needs no text, so there a columnar engine wins: by way of JSON a row took 8.0 µs, as columns
it takes 3.7. Of these, Arrow's CSV reader takes 0.8, the types 0.6, and the check that the block is
RFC 4180 0.2; another thread writes the file in 1.3. Blocks with unusual cells still go the slow
way, as do files whose rows are identified by a hash.

Empty properties are written as null, which is most of a receipt's 1,500 bytes: the target has to
overwrite values of earlier windows."""
"""Part of the page about the benchmark. Figures are of single runs, not of each new one."""
