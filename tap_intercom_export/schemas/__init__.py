"""The shape of the data: CSV files, columns, kinds and keys, and how a file is recognized.

In: file names, CSV headers, and datasets as Intercom lists them. Out: `FileSchema` and `Column`
objects, and JSON schemas. The table of all known CSV files is in `csv_files`.
"""

from __future__ import annotations

from tap_intercom_export.schemas.column_kinds import LENIENT_KINDS, TIME_KINDS, Kind
from tap_intercom_export.schemas.columns import WORKSPACE_COLUMN, Column, FileSchema, json_schema
from tap_intercom_export.schemas.csv_files import MESSAGE_FILES, UNKNOWN_FILE
from tap_intercom_export.schemas.excluded_columns import ExcludedColumns, is_pattern
from tap_intercom_export.schemas.file_match import (
    schema_by_file_name,
    schema_by_header,
    statistic_name,
)
from tap_intercom_export.schemas.keys import record_key
from tap_intercom_export.schemas.property_names import (
    normalized_name,
    snake_case,
    unique_property_names,
)
from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset
from tap_intercom_export.schemas.reporting_header import match_header, missing_attributes

__all__ = [
    "LENIENT_KINDS",
    "MESSAGE_FILES",
    "TIME_KINDS",
    "UNKNOWN_FILE",
    "WORKSPACE_COLUMN",
    "Attribute",
    "Column",
    "Dataset",
    "ExcludedColumns",
    "FileSchema",
    "Kind",
    "is_pattern",
    "json_schema",
    "match_header",
    "missing_attributes",
    "normalized_name",
    "record_key",
    "schema_by_file_name",
    "schema_by_header",
    "snake_case",
    "statistic_name",
    "unique_property_names",
]
