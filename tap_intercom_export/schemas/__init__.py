"""What the data looks like, as data: CSV files, columns, kinds, keys, and how files are recognized.

In: file names, headers, datasets as Intercom lists them. Out: `StatisticFile` and `Column`
descriptions, and JSON schemas.
"""

from __future__ import annotations

from tap_intercom_export.schemas.columns import WORKSPACE, Column, StatisticFile, json_schema
from tap_intercom_export.schemas.excluded_columns import ExcludedColumns, is_pattern
from tap_intercom_export.schemas.file_match import by_file_name, by_header, statistic_name
from tap_intercom_export.schemas.kinds import LENIENT_KINDS, Kind
from tap_intercom_export.schemas.property_names import fold, property_names, spelling
from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset
from tap_intercom_export.schemas.statistics import OTHER

__all__ = [
    "LENIENT_KINDS",
    "OTHER",
    "WORKSPACE",
    "Attribute",
    "Column",
    "Dataset",
    "ExcludedColumns",
    "Kind",
    "StatisticFile",
    "by_file_name",
    "by_header",
    "fold",
    "is_pattern",
    "json_schema",
    "property_names",
    "spelling",
    "statistic_name",
]
