"""Converts CSV files to typed records, and records to the JSON of Singer messages.

In: an open CSV file and its `FileSchema`, or an entry of a JSON list. Out: records, or blocks of
encoded lines; damaged rows go to a callback.

`compiled` makes the encoding fast. Only `rows` uses it.
"""

from __future__ import annotations

from tap_intercom_export.rows.cell_parsers import PARSERS, time_in
from tap_intercom_export.rows.csv_reader import CsvReader, DamagedRow
from tap_intercom_export.rows.encoded_block import EncodedBlock
from tap_intercom_export.rows.encoder import Encoder, record_envelope
from tap_intercom_export.rows.json_entry import EntryReader
from tap_intercom_export.rows.row_reader import RowReader

__all__ = [
    "PARSERS",
    "CsvReader",
    "DamagedRow",
    "EncodedBlock",
    "Encoder",
    "EntryReader",
    "RowReader",
    "record_envelope",
    "time_in",
]
