"""The shape of the data: CSV files, columns, kinds and keys, and how a file is recognized.

In: file names, CSV headers, and datasets as Intercom lists them. Out: `FileSchema` and `Column`
objects, and JSON schemas. The table of all known files is `csv_files.MESSAGE_FILES`.
"""

from __future__ import annotations

from tap_intercom_export.schemas.column_kinds import LENIENT_KINDS, TIME_KINDS, Kind
from tap_intercom_export.schemas.columns import WORKSPACE_COLUMN, Column, FileSchema, json_schema
from tap_intercom_export.schemas.csv_files import UNKNOWN_FILE
from tap_intercom_export.schemas.excluded_columns import ExcludedColumns, is_pattern
from tap_intercom_export.schemas.file_match import (
    schema_by_file_name,
    schema_by_header,
    statistic_name,
)
from tap_intercom_export.schemas.property_names import normalized_name, property_names, snake_case
from tap_intercom_export.schemas.record_key import record_key
from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset
from tap_intercom_export.schemas.reporting_header import match_header, missing_attributes

__all__ = [
    "LENIENT_KINDS",
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
    "property_names",
    "record_key",
    "schema_by_file_name",
    "schema_by_header",
    "snake_case",
    "statistic_name",
]
