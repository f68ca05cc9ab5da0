"""The shape of the data: CSV files, columns, kinds and keys, and how a file is recognized.

In: file names, CSV headers, and datasets as Intercom lists them. Out: `StatisticFile` and `Column`
objects, and JSON schemas. The table of all known files is `statistics.FILES`.
"""

from __future__ import annotations

from tap_intercom_export.schemas.columns import WORKSPACE, Column, StatisticFile, json_schema
from tap_intercom_export.schemas.excluded_columns import ExcludedColumns, is_pattern
from tap_intercom_export.schemas.file_match import by_file_name, by_header, statistic_name
from tap_intercom_export.schemas.kinds import LENIENT_KINDS, TIME_KINDS, Kind
from tap_intercom_export.schemas.property_names import normalized_name, property_names, snake_case
from tap_intercom_export.schemas.record_key import record_key
from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset
from tap_intercom_export.schemas.statistics import OTHER

__all__ = [
    "LENIENT_KINDS",
    "OTHER",
    "TIME_KINDS",
    "WORKSPACE",
    "Attribute",
    "Column",
    "Dataset",
    "ExcludedColumns",
    "Kind",
    "StatisticFile",
    "by_file_name",
    "by_header",
    "is_pattern",
    "json_schema",
    "normalized_name",
    "property_names",
    "record_key",
    "snake_case",
    "statistic_name",
]
