"""Parses and validates requests for reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from intercom_simulator.clock import DAY_SECONDS
from intercom_simulator.reporting.datasets import DATASETS

if TYPE_CHECKING:
    from intercom_simulator.api_variant import ApiVariant
    from intercom_simulator.reporting.attributes import Attribute, Dataset

_YEAR_SECONDS = 365 * DAY_SECONDS


class InvalidReportRequestError(Exception):
    """A report request that Intercom does not accept."""


class ReportRequest(NamedTuple):
    """A requested report: dataset, attributes in order, and range in unix seconds."""

    dataset: Dataset
    attributes: tuple[Attribute, ...]
    start: int
    end: int


def parse_report_request(body: bytes, variant: ApiVariant, now: int) -> ReportRequest:
    """Parse the body of a request for a report.

    Args:
        body: The request body.
        variant: Provides the limits.
        now: The simulated time, in unix seconds.

    Returns:
        The requested report.

    Raises:
        InvalidReportRequestError: The body is invalid. The text is that of Intercom.
    """
    try:
        parameters = json.loads(body or b"{}")
    except ValueError as error:
        raise InvalidReportRequestError("The request body is not valid JSON") from error
    if not isinstance(parameters, dict):
        raise InvalidReportRequestError("The request body is not a JSON object")
    dataset = _dataset(parameters)
    attributes = _attributes(parameters, dataset, variant)
    start, end = (_seconds(parameters, name) for name in ("start_time", "end_time"))
    if start > end:
        raise InvalidReportRequestError("start_time is greater than end_time")
    if start < now - variant.reporting_retention_seconds:
        years = variant.reporting_retention_seconds // _YEAR_SECONDS
        raise InvalidReportRequestError(
            f"start_time is beyond the reporting data retention of {years} years"
        )
    max_seconds = variant.reporting_max_range_seconds
    if max_seconds is not None and end - start > max_seconds:
        raise InvalidReportRequestError(
            f"The time range is longer than {max_seconds // DAY_SECONDS} days"
        )
    return ReportRequest(dataset, attributes, start, end)


def _dataset(parameters: dict[str, Any]) -> Dataset:
    name = _required(parameters, "dataset_id")
    if name not in DATASETS:
        raise InvalidReportRequestError(f"{name} is not a valid dataset_id")
    return DATASETS[name]


def _attributes(
    parameters: dict[str, Any], dataset: Dataset, variant: ApiVariant
) -> tuple[Attribute, ...]:
    names = _required(parameters, "attribute_ids")
    if not isinstance(names, list):
        raise InvalidReportRequestError(f"'attribute_ids' {names} must be of type Array")
    if not names:
        raise InvalidReportRequestError("attribute_ids must contain at least one attribute_id")
    max_attributes = variant.reporting_max_attributes
    if max_attributes is not None and len(names) > max_attributes:
        raise InvalidReportRequestError(
            f"attribute_ids must contain at most {max_attributes} attribute_ids"
        )
    refused = set(variant.refused_attributes)
    known = {attribute.qualified_id for attribute in dataset.attributes}
    if variant.reporting_qualified_only:
        refused.update(str(name) for name in names if name not in known)
    attributes, unknown = dataset.resolve(str(name) for name in names if name not in refused)
    invalid = [str(name) for name in names if name in refused or name in unknown]
    if invalid:
        text = ", ".join(dict.fromkeys(invalid))
        raise InvalidReportRequestError(f"attribute_ids invalid for {dataset.id} dataset: {text}")
    return tuple(attributes)


def _required(parameters: dict[str, Any], name: str) -> Any:
    if parameters.get(name) is None:
        raise InvalidReportRequestError(f"'{name}' is a required parameter")
    return parameters[name]


def _seconds(parameters: dict[str, Any], name: str) -> int:
    seconds = _required(parameters, name)
    if type(seconds) is not int:
        raise InvalidReportRequestError(f"'{name}' must be an integer")
    return seconds
