"""Finds the attribute of each column in the file of a reporting dataset, by header or position."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tap_intercom_export.errors import UnreadableDataError
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import Column
from tap_intercom_export.schemas.property_names import unique_property_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from tap_intercom_export.schemas.columns import FileSchema
    from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

_NOT_A_WORD = re.compile(r"[\W_]+")


def match_header(
    dataset: Dataset, excluded_attributes: Collection[str], header: list[str], file: FileSchema
) -> list[Column]:
    """Find the attribute of each header.

    Headers are matched by an id or the name of an attribute. They may repeat (195 of 685 in one
    real file of `tickets`): equal headers are matched with their attributes in order. Headers
    that name no attribute, e.g. because they are in the workspace's language, are matched by
    position: only if there are as many headers as requested attributes, and only with
    attributes not matched yet. Each other header becomes a new column.

    Args:
        dataset: The dataset.
        excluded_attributes: Attributes that were left out of the request.
        header: The headers of the file.
        file: The result of `Dataset.file`, with the workspace if it is configured.

    Raises:
        UnreadableDataError: A column that identifies the rows is missing, or there is no
            header: the first line is a row, which would be taken for translated headers.
    """
    pairs = list(zip(dataset.attributes, dataset.columns, strict=True))
    requested = [pair for pair in pairs if pair[0].request_id not in excluded_attributes]
    others = [pair for pair in pairs if pair[0].request_id in excluded_attributes]
    ordered = [*requested, *others]
    indexes = _HeaderMatch(header, [attribute for attribute, _ in ordered], len(requested)).indexes
    columns = [column for _, column in ordered]
    found = [None if index is None else columns[index] for index in indexes]
    if any(
        column and column.kind is Kind.REPORTED_TIME and _DATE.match(label)
        for label, column in zip(header, found, strict=True)
    ):
        raise UnreadableDataError(
            f"The file of {file.name} has no header: its first line holds a time where the "
            "name of a column is expected"
        )
    return _with_new(header, found, file)


def missing_attributes(
    dataset: Dataset, excluded_attributes: Collection[str], columns: Collection[Column]
) -> list[str]:
    """Return the requested attributes for which the file has no column.

    Args:
        dataset: The dataset.
        excluded_attributes: Attributes that were left out of the request.
        columns: The result of `match_header`.
    """
    return [
        attribute.request_id
        for attribute, column in zip(dataset.attributes, dataset.columns, strict=True)
        if attribute.request_id not in excluded_attributes and column not in columns
    ]


class _HeaderMatch:
    """Assigns an attribute to each header of a file.

    Args:
        header: The headers.
        attributes: The requested attributes in order, then all others.
        requested: Number of requested attributes.

    Attributes:
        indexes: Index of the attribute of each header, or None.
    """

    def __init__(
        self, header: Sequence[str], attributes: Sequence[Attribute], requested: int
    ) -> None:
        self.indexes: list[int | None] = [None] * len(header)
        self._header = header
        self._attributes = attributes
        self._free = set(range(len(attributes)))
        self._has_requested_length = len(header) == requested
        for rule in _MATCH_RULES:
            self._assign_by_label(*rule)
        if self._has_requested_length:
            named = {label for attribute in attributes for label in _normalized_labels(attribute)}
            self._assign_by_position(
                [p for p in self._unassigned() if _normalized(header[p]) not in named]
            )

    def _unassigned(self) -> list[int]:
        """Return the positions of headers without an attribute."""
        return [position for position, index in enumerate(self.indexes) if index is None]

    def _assign(self, position: int, index: int) -> None:
        self.indexes[position] = index
        self._free.discard(index)

    def _assign_by_position(self, positions: Iterable[int]) -> None:
        """Assign headers the attributes at the same positions, if those are free."""
        for position in positions:
            if position in self._free:
                self._assign(position, position)

    def _assign_by_label(
        self,
        get_labels: Callable[[Attribute], Iterable[str]],
        normalize: Callable[[str], str],
        unique: bool,  # noqa: FBT001 - from a table
    ) -> None:
        """Assign headers the attributes that they name."""
        positions: dict[str, list[int]] = defaultdict(list)
        for position in self._unassigned():
            positions[normalize(self._header[position])].append(position)
        indexes: dict[str, list[int]] = defaultdict(list)
        for index in sorted(self._free):
            for label in get_labels(self._attributes[index]):
                indexes[label].append(index)
        for label, found in positions.items():
            if len(indexes[label]) == 1 or not unique:
                self._assign_equal_labels(found, indexes[label])

    def _assign_equal_labels(self, positions: list[int], indexes: list[int]) -> None:
        """Assign attributes to equal headers: in order, or by position.

        By position if their numbers differ: a header in the workspace's language may equal the name
        of another attribute by chance.
        """
        if len(positions) != len(indexes) and self._has_requested_length:
            self._assign_by_position(position for position in positions if position in indexes)
        open_positions = [position for position in positions if self.indexes[position] is None]
        free = [index for index in indexes if index in self._free]
        for position, index in zip(open_positions, free, strict=False):
            self._assign(position, index)


def _normalized(label: str) -> str:
    """Return a label in lower case, with one underscore for spaces and punctuation."""
    return _NOT_A_WORD.sub("_", label.casefold()).strip("_")


def _normalized_labels(attribute: Attribute) -> set[str]:
    return {_normalized(label) for label in attribute.labels} - {""}


_MATCH_RULES: tuple[
    tuple[Callable[[Attribute], Iterable[str]], Callable[[str], str], bool], ...
] = (
    (lambda attribute: attribute.ids, str, False),
    (lambda attribute: {attribute.name}, str, False),
    (_normalized_labels, _normalized, True),
)
"""Ways in which a header may name an attribute, most reliable first: the attribute's labels, the
normalization of a header, and whether the label must belong to one attribute only."""


def _with_new(header: list[str], columns: list[Column | None], file: FileSchema) -> list[Column]:
    """Return the columns, and a new column for each header that has none.

    Raises:
        UnreadableDataError: A column that identifies the rows is missing.
    """
    found = {column.name for column in columns if column}
    missing = sorted(set(file.row_key) - found)
    if header and not file.hash_name and missing:
        raise UnreadableDataError(
            f"The file of {file.name} has no column {' and '.join(missing)}, "
            f"which identifies its rows; its headers are {', '.join(header)[:500]}"
        )
    unknown = [label for label, column in zip(header, columns, strict=True) if column is None]
    names = iter(
        unique_property_names(unknown, reserved=[column.name for column in file.properties])
    )
    return [
        column
        or Column(next(names), Kind.TEXT, f'Column "{label}", which was not requested.', (label,))
        for label, column in zip(header, columns, strict=True)
    ]
