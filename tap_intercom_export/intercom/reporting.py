"""Intercom's reporting data export: the list of datasets, and the request for one of them."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.errors import ConfigurationError, MalformedListError, UnreadableDataError
from tap_intercom_export.formatting import counted
from tap_intercom_export.intercom.export_api import ExportApi
from tap_intercom_export.intercom.list_page import ListPage
from tap_intercom_export.schemas import Attribute, Dataset, snake_case

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_intercom_export.errors import AttributesRefusedError
    from tap_intercom_export.intercom.client import IntercomClient

logger = logging.getLogger(__name__)

DATASETS_PATH = "/export/reporting_data/get_datasets"
"""Path of the list of datasets."""

_LIST_SEPARATOR = ", "

ALL_DATASETS = "*"
"""Value in the setting `reporting_datasets` that selects all datasets."""


class ReportingRequest:
    """The request for a dataset, without the attributes that Intercom has refused.

    Threads may share it.

    Args:
        dataset: The dataset to request.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._requested = list(dataset.attributes)
        self._lock = threading.Lock()

    @property
    def api(self) -> ExportApi:
        """The export API, for the jobs of this dataset."""
        return ExportApi(
            name=f"reporting dataset {self._dataset.id}",
            create_path="/export/reporting_data/enqueue",
            status_path="/export/reporting_data/{}",
            download_path="/download/reporting_data/{}",
            cancel_path="",
            body=self._body,
            excluded_attributes=self._excluded_attributes,
            request_hash=self._request_hash,
            drop_refused_attributes=self._drop_refused_attributes,
        )

    def _body(self, after: int, before: int) -> dict[str, Any]:
        return {
            "dataset_id": self._dataset.id,
            "attribute_ids": [attribute.request_id for attribute in self._requested],
            "start_time": after,
            "end_time": before,
        }

    def _excluded_attributes(self, body: dict[str, Any]) -> tuple[str, ...]:
        requested = set(body["attribute_ids"])
        ids = (attribute.request_id for attribute in self._dataset.attributes)
        return tuple(name for name in ids if name not in requested)

    def _request_hash(self, excluded: Collection[str]) -> str:
        """Return a hash of the requested columns, in order, without the excluded attributes."""
        ids = [one.request_id for one in self._dataset.attributes if one.request_id not in excluded]
        content = json.dumps([self._dataset.id, ids])
        return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()

    def _drop_refused_attributes(self, error: AttributesRefusedError) -> bool:
        """Drop the refused attributes; return whether a different request is possible."""
        with self._lock:
            known = {attribute.request_id for attribute in self._dataset.attributes}
            refused = _known_names(error.listed, known)
            left = [one for one in self._requested if one.request_id not in refused]
            if len(left) < len(self._requested):
                logger.warning(
                    "Intercom refuses attributes of %s; requesting it without them: %s",
                    self._dataset.id,
                    error.listed,
                )
            self._requested = left
            return bool(left) and bool(refused)


def _known_names(listed: str, known: Collection[str]) -> set[str]:
    """Return the known names in an enumeration, the longest possible ones.

    Args:
        listed: Names, separated by a comma and a space.
        known: Names, some of which may contain a comma and a space too.
    """
    parts = listed.split(_LIST_SEPARATOR)
    longest = 1 + max((name.count(_LIST_SEPARATOR) for name in known), default=0)
    found: set[str] = set()
    start = 0
    while start < len(parts):
        ends = range(min(start + longest, len(parts)), start, -1)
        names = {end: _LIST_SEPARATOR.join(parts[start:end]) for end in ends}
        end = next((end for end, name in names.items() if name in known), 0)
        found |= {names[end]} if end else set()
        start = end or start + 1
    return found


def list_datasets(client: IntercomClient, wanted: Iterable[str]) -> list[Dataset]:
    """Request the list of reporting datasets of the workspace.

    Args:
        client: Client for the workspace.
        wanted: Ids of datasets, or `*` for all.

    Returns:
        The wanted datasets, sorted by id.

    Raises:
        ConfigurationError: The workspace has no dataset of one of these ids, or two of them would
            share a table.
        ApiError: Intercom refuses, or cannot be reached.
    """
    entries = _single_page_entries(client.get(DATASETS_PATH).body)
    found: dict[str, Dataset] = {}
    for dataset in map(_parse_dataset, _entries_with_id(entries, "dataset")):
        found[dataset.id] = _merged(found[dataset.id], dataset) if dataset.id in found else dataset
    names = list(dict.fromkeys(wanted))
    unknown = [name for name in names if name != ALL_DATASETS and name not in found]
    if unknown:
        raise unknown_datasets(unknown, found)
    ids = sorted(found if ALL_DATASETS in names else names)
    _check_tables(ids)
    return [found[name] for name in ids]


def _merged(dataset: Dataset, other: Dataset) -> Dataset:
    """Return a dataset that Intercom lists twice, with the attributes of both entries."""
    logger.warning("Intercom lists the dataset %s twice; using the attributes of both", dataset.id)
    others = (one for one in other.attributes if one not in dataset.attributes)
    return replace(dataset, attributes=(*dataset.attributes, *others))


def _check_tables(ids: Iterable[str]) -> None:
    """Check that no two datasets would be one table.

    Targets ignore the case of a stream's name and replace punctuation in it.

    Args:
        ids: The ids of the datasets.

    Raises:
        ConfigurationError: Two would.
    """
    tables: dict[str, str] = {}
    for name in ids:
        other = tables.setdefault(snake_case(name), name)
        if other != name:
            raise ConfigurationError(
                f"reporting_datasets: the ids {other!r} and {name!r} differ only in case or "
                "punctuation, so most targets would write both into one table. Name the ids of the "
                "datasets to export, with one of these two"
            )


def unknown_datasets(unknown: Iterable[str], known: Iterable[str]) -> ConfigurationError:
    """Return the error for ids in `reporting_datasets` that the workspace does not have.

    Args:
        unknown: These ids.
        known: The ids of all datasets of the workspace.
    """
    return ConfigurationError(
        f"reporting_datasets: there is no {', '.join(unknown)} in this workspace; there are "
        f"{', '.join(sorted(known))}"
    )


def _single_page_entries(body: Mapping[str, Any]) -> list[Any]:
    """Return the entries of a list that has one page only.

    Raises:
        UnreadableDataError: The body is not a list, or the list has more entries than the page.
    """
    try:
        page = ListPage.from_body(body, number=1)
    except MalformedListError as error:
        raise UnreadableDataError(
            f"Intercom's list of reporting datasets {error}. Try again later."
        ) from None
    if page.is_last is False or (page.total or 0) > len(page.entries):
        raise UnreadableDataError(
            "Intercom's list of reporting datasets is incomplete: it has "
            f"{counted(len(page.entries), 'entry')} and says that there are more. Try again "
            "later, and report it if it persists."
        )
    return page.entries


def _entries_with_id(entries: Any, noun: str) -> list[dict[str, Any]]:
    """Return the entries that are objects with an id; log a warning for each other one.

    Args:
        entries: A list, or None.
        noun: Noun for an entry, for the log.
    """
    found = []
    for position, entry in enumerate(entries or [], 1):
        if isinstance(entry, dict) and entry.get("id"):
            found.append(entry)
        else:
            logger.warning("Skipping %s %d of Intercom's list: it has no id", noun, position)
    return found


def _parse_dataset(entry: Mapping[str, Any]) -> Dataset:
    return Dataset(
        id=str(entry["id"]),
        name=str(entry.get("name") or entry["id"]),
        description=str(entry.get("description") or ""),
        time_attribute=str(entry.get("default_time_attribute_id") or ""),
        attributes=tuple(
            Attribute(
                id=str(attribute["id"]),
                name=str(attribute.get("name") or attribute["id"]),
                qualified_id=str(attribute.get("qualified_id") or ""),
            )
            for attribute in _entries_with_id(
                entry.get("attributes"), f"attribute of {entry['id']},"
            )
        ),
    )
