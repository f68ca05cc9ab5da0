"""What a request for a report asks for, or what Intercom has to say against it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from intercom_simulator.dialect import DAY
from intercom_simulator.reporting.datasets import DATASETS

if TYPE_CHECKING:
    from intercom_simulator.dialect import Dialect
    from intercom_simulator.reporting.attributes import Attribute, Dataset

_YEAR = 365 * DAY


class RefusedError(Exception):
    """An order Intercom does not accept."""


class Order(NamedTuple):
    """A report to make: of a dataset, in the attributes' order, over a range of unix seconds."""

    dataset: Dataset
    attributes: tuple[Attribute, ...]
    start: int
    end: int


def read_order(body: bytes, dialect: Dialect, now: int) -> Order:
    """Read the body of a request for a report.

    Args:
        body: The request's body.
        dialect: Gives the limits.
        now: Unix seconds.

    Returns:
        The order.

    Raises:
        RefusedError: With the sentence Intercom has for what is wrong.
    """
    try:
        asked = json.loads(body or b"{}")
    except ValueError as error:
        raise RefusedError("The request body is not valid JSON") from error
    if not isinstance(asked, dict):
        raise RefusedError("The request body is not a JSON object")
    dataset = _dataset(asked)
    attributes = _attributes(asked, dataset, dialect)
    start, end = (_seconds(asked, name) for name in ("start_time", "end_time"))
    if start > end:
        raise RefusedError("start_time is greater than end_time")
    if start < now - dialect.reporting_retention:
        years = dialect.reporting_retention // _YEAR
        raise RefusedError(f"start_time is beyond the reporting data retention of {years} years")
    longest = dialect.reporting_longest_range
    if longest is not None and end - start > longest:
        raise RefusedError(f"The time range is longer than {longest // DAY} days")
    return Order(dataset, attributes, start, end)


def _dataset(asked: dict[str, Any]) -> Dataset:
    name = _required(asked, "dataset_id")
    if name not in DATASETS:
        raise RefusedError(f"{name} is not a valid dataset_id")
    return DATASETS[name]


def _attributes(asked: dict[str, Any], dataset: Dataset, dialect: Dialect) -> tuple[Attribute, ...]:
    names = _required(asked, "attribute_ids")
    if not isinstance(names, list):
        raise RefusedError(f"'attribute_ids' {names} must be of type Array")
    if not names:
        raise RefusedError("attribute_ids must contain at least one attribute_id")
    most = dialect.reporting_most_attributes
    if most is not None and len(names) > most:
        raise RefusedError(f"attribute_ids must contain at most {most} attribute_ids")
    refused = set(dialect.refused_attributes)
    known = {one.qualified_id for one in dataset.attributes}
    if dialect.reporting_qualified_only:
        refused.update(str(name) for name in names if name not in known)
    found, wrong = dataset.resolve(str(name) for name in names if name not in refused)
    bad = [str(name) for name in names if name in refused or name in wrong]
    if bad:
        text = ", ".join(dict.fromkeys(bad))
        raise RefusedError(f"attribute_ids invalid for {dataset.id} dataset: {text}")
    return tuple(found)


def _required(asked: dict[str, Any], name: str) -> Any:
    if asked.get(name) is None:
        raise RefusedError(f"'{name}' is a required parameter")
    return asked[name]


def _seconds(asked: dict[str, Any], name: str) -> int:
    found = _required(asked, name)
    if type(found) is not int:
        raise RefusedError(f"'{name}' must be an integer")
    return found
