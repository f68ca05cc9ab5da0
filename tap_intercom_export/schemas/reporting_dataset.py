"""Reporting datasets, and the mapping from the columns of their files to attributes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tap_intercom_export.errors import UnreadableDataError
from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import WINDOW_COLUMNS, Column, FileSchema
from tap_intercom_export.schemas.property_names import property_names, snake_case

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

KEY_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "call": ("call_id",),
    "conversation": ("conversation_id",),
    "consolidated_conversation_part": ("action_id",),
    "conversation_rating_sent": ("conversation_rating_id",),
    "teammate_handling_conversation": ("conversation_id", "handling_teammate_id"),
    "tickets": ("ticket_id",),
}
"""Attributes that identify a row, by dataset, where known. Other datasets use a hash of the row."""

CONVERSATION_ACTIONS = "consolidated_conversation_part"
"""The dataset of actions. One client gets a single row a conversation since about July 2026."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

_KINDS = {"timestamp": Kind.REPORTED_TIME, "duration": Kind.REPORTED_NUMBER}
"""Kinds by the prefix of an attribute's qualified id; all others are text."""

STANDARD_PREFIXES = frozenset(
    {"standard", "timestamp", "duration", "team", "teammate", "call", "conversation-rating-sent"}
)
"""Prefixes of attributes that every workspace has, whose plain ids are unique. Plain ids of
attributes that users create (`people.Brand`, `ticket-type-7002._default_title_`) may collide."""

_PREFIX = re.compile(r"^[a-z-]+\.")
_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Attribute:
    """One attribute of a dataset.

    Attributes:
        id: Plain id. Several attributes may share it.
        name: Display name.
        qualified_id: Id with a prefix, from API version 2.16 on; else "".
    """

    id: str
    name: str
    qualified_id: str

    @property
    def request_id(self) -> str:
        """The id used in requests: the qualified one if there is one."""
        return self.qualified_id or self.id

    @property
    def headers(self) -> tuple[str, ...]:
        """Names of the attribute at Intercom; its property is named after the first one.

        That is the qualified id if other attributes may share the plain one, so that the property
        keeps its name when such an attribute is added.
        """
        prefix = self.qualified_id.partition(".")[0]
        is_plain = prefix in STANDARD_PREFIXES and snake_case(self.id) == self.id
        ids = (self.id, self.request_id) if is_plain else (self.request_id, self.id)
        return tuple(dict.fromkeys((*ids, self.name)))

    @property
    def ids(self) -> set[str]:
        """The ids with and without a prefix."""
        return {self.id, self.qualified_id, _PREFIX.sub("", self.qualified_id)} - {""}

    @property
    def labels(self) -> set[str]:
        """Possible headers of its column: its ids and its name."""
        return self.ids | {self.name} - {""}


@dataclass(frozen=True)
class Dataset:
    """A dataset and its attributes.

    Attributes:
        id: Id of the dataset.
        name: Display name.
        description: Intercom's description.
        time_attribute: Id of the attribute by which rows are selected; "" if none is named.
        attributes: The attributes, in the order in which they are requested.
    """

    id: str
    name: str
    description: str
    time_attribute: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The attributes as columns, in the same order."""
        window = [] if self._has_time else [column.name for column in WINDOW_COLUMNS]
        others = [each.headers[0] for each in self.attributes if each.id not in self.key]
        names = iter(property_names(others, reserved=[*window, *(self.key or ("row_id",))]))
        return tuple(
            Column(
                attribute.id if attribute.id in self.key else next(names),
                self._kind(attribute),
                _describe(attribute),
                attribute.headers,
            )
            for attribute in self.attributes
        )

    def _kind(self, attribute: Attribute) -> Kind:
        if self._is_time(attribute):
            return Kind.REPORTED_TIME
        prefix = attribute.qualified_id.partition(".")[0]
        return _KINDS.get(prefix, Kind.TEXT)

    def _is_time(self, attribute: Attribute) -> bool:
        """Return whether rows are selected by this attribute."""
        return self.time_attribute in {attribute.id, attribute.qualified_id} - {""}

    @cached_property
    def _has_time(self) -> bool:
        return any(map(self._is_time, self.attributes))

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Plain ids of the attributes that identify a row; empty if unknown."""
        key = KEY_ATTRIBUTES.get(self.id, ())
        counts = Counter(attribute.id for attribute in self.attributes)
        return key if all(counts[name] == 1 for name in key) else ()

    @property
    def key_may_change(self) -> bool:
        """Whether the key of a row may change later.

        Below API version 2.16, which gives no qualified ids, the dataset of actions may have one
        row a conversation, with its last action: `action_id` then changes with the next action.
        """
        return self.id == CONVERSATION_ACTIONS and not any(
            attribute.qualified_id for attribute in self.attributes
        )

    @cached_property
    def file(self) -> FileSchema:
        """Schema of the files of this dataset."""
        hashed = not self.key
        return FileSchema(
            name=f"reporting_{self.id}",
            description=self.description or self.name,
            columns=self.columns,
            key=("row_id",) if hashed else self.key,
            time=(),
            hash_name="row_id" if hashed else "",
            has_window=not self._has_time,
            # rows with the same empty id would overwrite each other; one part of two may be empty
            empty_key=len(self.key) > 1,
        )

    @property
    def time_property(self) -> str:
        """Name of the property that is the replication key.

        It is the time attribute by which rows are selected. If Intercom names none, it is the last
        second of the job's range, so that there is a bookmark.
        """
        for column, attribute in zip(self.columns, self.attributes, strict=True):
            if self._is_time(attribute):
                return column.name
        return WINDOW_COLUMNS[-1].name

    def match(
        self, excluded_attributes: Collection[str], header: list[str], file: FileSchema
    ) -> list[Column]:
        """Find the attribute of each header.

        Headers are matched by an id or the name of an attribute. They may repeat (195 of 685 in one
        real file of `tickets`): equal headers are matched with their attributes in order. Headers
        that name no attribute, e.g. because they are in the workspace's language, are matched by
        position: only if there are as many headers as requested attributes, and only with
        attributes not matched yet. Each other header becomes a new column.

        Args:
            excluded_attributes: Attributes that were left out of the request.
            header: The headers of the file.
            file: The result of `Dataset.file`.

        Raises:
            UnreadableDataError: A column that identifies the rows is missing, or there is no
                header: the first line is a row, which would be taken for translated headers.
        """
        pairs = list(zip(self.attributes, self.columns, strict=True))
        requested = [pair for pair in pairs if pair[0].request_id not in excluded_attributes]
        others = [pair for pair in pairs if pair[0].request_id in excluded_attributes]
        ordered = [*requested, *others]
        indexes = _HeaderMatch(
            header, [attribute for attribute, _ in ordered], len(requested)
        ).indexes
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

    def missing(
        self, excluded_attributes: Collection[str], columns: Collection[Column]
    ) -> list[str]:
        """Return the requested attributes for which the file has no column.

        Args:
            excluded_attributes: Attributes that were left out of the request.
            columns: The result of `match`.
        """
        return [
            attribute.request_id
            for attribute, column in zip(self.attributes, self.columns, strict=True)
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
    names = iter(property_names(unknown, reserved=[column.name for column in file.properties]))
    return [
        column
        or Column(next(names), Kind.TEXT, f'Column "{label}", which was not requested.', (label,))
        for label, column in zip(header, columns, strict=True)
    ]


def _describe(attribute: Attribute) -> str:
    """Return the description of an attribute: its name, and its id at Intercom."""
    return f"{attribute.name} ({attribute.request_id})"
