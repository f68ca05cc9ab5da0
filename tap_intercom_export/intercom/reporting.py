"""Reporting datasets as Intercom describes them, and the requests that export them."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_intercom_export.errors import ConfigurationError, UnreadableDataError
from tap_intercom_export.intercom.export_kind import ExportKind
from tap_intercom_export.schemas.columns import Column, StatisticFile
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.schemas.property_names import property_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_intercom_export.errors import AttributesRefusedError
    from tap_intercom_export.intercom.client import IntercomClient

logger = logging.getLogger(__name__)

DATASETS_PATH = "/export/reporting_data/get_datasets"

ALL_DATASETS = "*"
"""Stands for every dataset in the setting `reporting_datasets`."""

KEY_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "call": ("call_id",),
    "conversation": ("conversation_id",),
    "consolidated_conversation_part": ("action_id",),
    "conversation_rating_sent": ("conversation_rating_id",),
    "teammate_handling_conversation": ("conversation_id", "handling_teammate_id"),
    "tickets": ("ticket_id",),
}
"""What identifies a row, by dataset, where it is known. Elsewhere a hash of the row does."""

_KINDS = {"timestamp": Kind.REPORTED_TIME, "duration": Kind.REPORTED_NUMBER}
"""Kinds by the prefix of an attribute's qualified id; all others are text."""

_PREFIX = re.compile(r"^[a-z-]+\.")


@dataclass(frozen=True)
class Attribute:
    """One attribute of a dataset.

    Attributes:
        id: Its plain id, which may stand for several attributes.
        name: Its name for people.
        qualified_id: Its id with a prefix, from version 2.16 of the API on; else "".
    """

    id: str
    name: str
    qualified_id: str

    @property
    def request_id(self) -> str:
        """The id to ask with: the qualified one where there is one."""
        return self.qualified_id or self.id

    @property
    def labels(self) -> set[str]:
        """What may stand above its column: its id without a prefix, or its name."""
        return {self.id, self.name, self.qualified_id, _PREFIX.sub("", self.qualified_id)}


@dataclass(frozen=True)
class Dataset:
    """A dataset and its attributes.

    Attributes:
        id: Its id.
        name: Its name for people.
        description: What Intercom says of it.
        time_attribute: Id of the attribute by which rows are chosen; "" where none is named.
        attributes: In the order in which they are asked for.
    """

    id: str
    name: str
    description: str
    time_attribute: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The attributes as columns, in their order."""
        counts = Counter(attribute.id for attribute in self.attributes)
        wanted = [
            attribute.id if counts[attribute.id] == 1 else attribute.request_id.replace(".", "_")
            for attribute in self.attributes
        ]
        names = property_names(wanted, taken=() if self.key else ("row_id",))
        return tuple(
            Column(name, self._kind(attribute), _describe(attribute))
            for name, attribute in zip(names, self.attributes, strict=True)
        )

    def _kind(self, attribute: Attribute) -> Kind:
        if self.time_attribute in {attribute.id, attribute.qualified_id}:
            return Kind.REPORTED_TIME
        prefix = attribute.qualified_id.partition(".")[0]
        return _KINDS.get(prefix, Kind.TEXT)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Plain ids of the attributes that identify a row; empty where that is not known."""
        key = KEY_ATTRIBUTES.get(self.id, ())
        counts = Counter(attribute.id for attribute in self.attributes)
        return key if all(counts[name] == 1 for name in key) else ()

    @cached_property
    def file(self) -> StatisticFile:
        """The dataset as a file whose rows can be read."""
        hashed = not self.key
        return StatisticFile(
            name=f"reporting_{self.id}",
            description=self.description or self.name,
            columns=self.columns,
            key=("row_id",) if hashed else self.key,
            time=(),
            identity=None if hashed else (),
            hash_name="row_id" if hashed else "",
            empty_key=True,
        )

    @property
    def time_property(self) -> str:
        """Name of the property by which rows are chosen, or "" where none is named."""
        for column, attribute in zip(self.columns, self.attributes, strict=True):
            if self.time_attribute and self.time_attribute in {
                attribute.id,
                attribute.qualified_id,
            }:
                return column.name
        return ""

    def match(
        self, without: Collection[str], header: list[str], file: StatisticFile
    ) -> list[Column]:
        """Find the attribute that each header stands for.

        By position where there are as many headers as attributes were asked for, because headers
        repeat (195 of 685 in one real file of `tickets`) and may be in the workspace's language.
        Otherwise, and where the labels tell the key and most of those that are known say that the
        order is another one, each stands for the first attribute of its label that is not taken
        yet; one that stands for none is a new column.

        Args:
            without: Attributes that the job was not asked for.
            header: The headers of its file.
            file: The dataset as a file.

        Raises:
            UnreadableDataError: No header stands for what identifies a row.
        """
        asked = [
            (attribute, column)
            for attribute, column in zip(self.attributes, self.columns, strict=True)
            if attribute.request_id not in without
        ]
        columns = _by_label(header, asked)
        if len(header) == len(asked) and None in columns:
            in_place = [label in one.labels for label, (one, _) in zip(header, asked, strict=True)]
            known = [column.name for column in columns if column]
            has_key = bool(file.hash_name) or set(file.key) <= set(known)
            if 2 * sum(in_place) >= len(known) or not has_key:
                return _with_new(header, [column for _, column in asked], file)
        return _with_new(header, columns, file)


class ReportingRequest:
    """Asks for a dataset; without the attributes that Intercom turns out not to have.

    Threads may share it.

    Args:
        dataset: What to ask for.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._asked = list(dataset.attributes)
        self._lock = threading.Lock()

    @property
    def kind(self) -> ExportKind:
        """The kind of export that its jobs are."""
        return ExportKind(
            name=f"reporting dataset {self._dataset.id}",
            create_path="/export/reporting_data/enqueue",
            status_path="/export/reporting_data/{}",
            download_path="/download/reporting_data/{}",
            cancel_path="",
            body=self._body,
            excluded_attributes=self._excluded_attributes,
            drop_refused_attributes=self._drop_refused_attributes,
        )

    def _body(self, after: int, before: int) -> dict[str, Any]:
        return {
            "dataset_id": self._dataset.id,
            "attribute_ids": [attribute.request_id for attribute in self._asked],
            "start_time": after,
            "end_time": before,
        }

    def _excluded_attributes(self, body: dict[str, Any]) -> tuple[str, ...]:
        asked = set(body["attribute_ids"])
        ids = (attribute.request_id for attribute in self._dataset.attributes)
        return tuple(name for name in ids if name not in asked)

    def _drop_refused_attributes(self, error: AttributesRefusedError) -> bool:
        """Drop the refused attributes; tell whether there is something else to ask for."""
        with self._lock:
            known = {attribute.request_id for attribute in self._dataset.attributes}
            left = [one for one in self._asked if one.request_id not in error.names]
            if len(left) < len(self._asked):
                logger.warning(
                    "Intercom refuses attributes of %s; asking without them: %s",
                    self._dataset.id,
                    ", ".join(error.names),
                )
            self._asked = left
            return bool(left) and not known.isdisjoint(error.names)


def _by_label(header: list[str], asked: list[tuple[Attribute, Column]]) -> list[Column | None]:
    """Return for each header the first column of its label that is not taken yet."""
    left = asked.copy()
    columns: list[Column | None] = []
    for label in header:
        place = next(
            (i for i, (attribute, _) in enumerate(left) if label in attribute.labels), None
        )
        columns.append(None if place is None else left.pop(place)[1])
    return columns


def _with_new(header: list[str], columns: list[Column | None], file: StatisticFile) -> list[Column]:
    """Return the columns, with new ones for the headers that stand for none.

    Raises:
        UnreadableDataError: No header stands for what identifies a row.
    """
    found = {column.name for column in columns if column}
    if header and not file.hash_name and not set(file.key) <= found:
        raise UnreadableDataError(
            f"The file of {file.name} has no column {' and '.join(sorted(set(file.key) - found))}, "
            f"which identifies its rows; its headers are {', '.join(header)[:500]}"
        )
    unknown = [label for label, column in zip(header, columns, strict=True) if column is None]
    names = iter(property_names(unknown, taken=[column.name for column in file.properties]))
    return [
        column or Column(next(names), Kind.TEXT, f'Column "{label}", which was not asked for.')
        for label, column in zip(header, columns, strict=True)
    ]


def datasets(client: IntercomClient, wanted: Iterable[str]) -> list[Dataset]:
    """Ask Intercom which reporting datasets there are.

    Args:
        client: For the workspace.
        wanted: Ids of datasets, or `*` for all.

    Returns:
        The wanted ones, by their ids.

    Raises:
        ConfigurationError: There is none of that id.
        ApiError: Intercom refuses, or cannot be reached.
    """
    found = {
        dataset.id: dataset
        for dataset in map(_dataset, client.get(DATASETS_PATH).body.get("data") or [])
    }
    names = list(dict.fromkeys(wanted))
    unknown = [name for name in names if name != ALL_DATASETS and name not in found]
    if unknown:
        raise ConfigurationError(
            f"reporting_datasets: there is no {', '.join(unknown)} in this workspace; "
            f"there are {', '.join(sorted(found))}"
        )
    return [found[name] for name in sorted(found if ALL_DATASETS in names else names)]


def _dataset(entry: Mapping[str, Any]) -> Dataset:
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
            for attribute in entry.get("attributes") or []
        ),
    )


def _describe(attribute: Attribute) -> str:
    """Return what a user should know of an attribute: its name, and its id at Intercom."""
    return f"{attribute.name} ({attribute.request_id})"
