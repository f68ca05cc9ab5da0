"""Reporting datasets as Intercom describes them, and which attribute each column of a file is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tap_intercom_export.errors import UnreadableDataError
from tap_intercom_export.schemas.columns import WINDOW_COLUMNS, Column, StatisticFile
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.schemas.property_names import fold, property_names

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
"""What identifies a row, by dataset, where it is known. Elsewhere a hash of the row does."""

CONVERSATION_ACTIONS = "consolidated_conversation_part"
"""The dataset of actions, of which one client sees one row a conversation since about July 2026."""

_KINDS = {"timestamp": Kind.REPORTED_TIME, "duration": Kind.REPORTED_NUMBER}
"""Kinds by the prefix of an attribute's qualified id; all others are text."""

STANDARD_PREFIXES = frozenset(
    {"standard", "timestamp", "duration", "team", "teammate", "call", "conversation-rating-sent"}
)
"""Prefixes of attributes that every workspace has, whose plain ids are their own. The attributes
that people make (`people.Brand`, `ticket-type-7002._default_title_`) may share theirs."""

_PREFIX = re.compile(r"^[a-z-]+\.")
_NOT_A_WORD = re.compile(r"[\W_]+")


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
    def headers(self) -> tuple[str, ...]:
        """What it is called at Intercom; its property is named after the first of these.

        That is a qualified id where the plain one may be that of other attributes, too: so the
        property keeps its name when somebody makes such an attribute.
        """
        prefix = self.qualified_id.partition(".")[0]
        is_plain = prefix in STANDARD_PREFIXES and fold(self.id) == self.id
        ids = (self.id, self.request_id) if is_plain else (self.request_id, self.id)
        return tuple(dict.fromkeys((*ids, self.name)))

    @property
    def ids(self) -> set[str]:
        """Its ids, with and without a prefix."""
        return {self.id, self.qualified_id, _PREFIX.sub("", self.qualified_id)} - {""}

    @property
    def labels(self) -> set[str]:
        """What may stand above its column: one of its ids, or its name."""
        return self.ids | {self.name} - {""}


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
        window = [] if self._has_time else [column.name for column in WINDOW_COLUMNS]
        others = [each.headers[0] for each in self.attributes if each.id not in self.key]
        names = iter(property_names(others, taken=[*window, *(self.key or ("row_id",))]))
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
        """Tell whether rows are chosen by an attribute."""
        return self.time_attribute in {attribute.id, attribute.qualified_id} - {""}

    @cached_property
    def _has_time(self) -> bool:
        return any(map(self._is_time, self.attributes))

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Plain ids of the attributes that identify a row; empty where that is not known."""
        key = KEY_ATTRIBUTES.get(self.id, ())
        counts = Counter(attribute.id for attribute in self.attributes)
        return key if all(counts[name] == 1 for name in key) else ()

    @property
    def key_may_change(self) -> bool:
        """Whether a row may come with another key later.

        Below version 2.16 of the API, which gives no qualified ids, the dataset of actions may have
        one row a conversation, its last action: `action_id` then changes with the next one.
        """
        return self.id == CONVERSATION_ACTIONS and not any(
            attribute.qualified_id for attribute in self.attributes
        )

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
            hash_name="row_id" if hashed else "",
            has_window=not self._has_time,
            empty_key=True,
        )

    @property
    def time_property(self) -> str:
        """Name of the property that the bookmark speaks of.

        The one by which rows are chosen; where Intercom names none, the last second of the job's
        range, so that there is a bookmark.
        """
        for column, attribute in zip(self.columns, self.attributes, strict=True):
            if self._is_time(attribute):
                return column.name
        return WINDOW_COLUMNS[-1].name

    def match(
        self, without: Collection[str], header: list[str], file: StatisticFile
    ) -> list[Column]:
        """Find the attribute that each header stands for.

        A label that names an attribute is that attribute. Headers repeat (195 of 685 in one real
        file of `tickets`): those of one label are its attributes in order. Position decides only
        for labels that name none, which may be in the workspace's language, and only where there
        are as many headers as attributes were asked for, and into attributes that no label took.
        What is left is a new column.

        Args:
            without: Attributes that the job was not asked for.
            header: The headers of its file.
            file: The dataset as a file.

        Raises:
            UnreadableDataError: No header stands for what identifies a row.
        """
        pairs = list(zip(self.attributes, self.columns, strict=True))
        asked = [pair for pair in pairs if pair[0].request_id not in without]
        others = [pair for pair in pairs if pair[0].request_id in without]
        every = [*asked, *others]
        places = _HeaderMatch(header, [attribute for attribute, _ in every], len(asked)).places
        columns = [column for _, column in every]
        return _with_new(
            header, [None if place is None else columns[place] for place in places], file
        )

    def missing(self, without: Collection[str], columns: Collection[Column]) -> list[str]:
        """Return the attributes that a job was asked for and that its file does not have.

        Args:
            without: Attributes that the job was not asked for.
            columns: What `match` found.
        """
        return [
            attribute.request_id
            for attribute, column in zip(self.attributes, self.columns, strict=True)
            if attribute.request_id not in without and column not in columns
        ]


class _HeaderMatch:
    """Finds for each header of a file the attribute that it stands for.

    Args:
        header: The headers.
        attributes: Those that were asked for, in order, and then all others.
        asked: How many were asked for.

    Attributes:
        places: For each header the place of its attribute, or None.
    """

    def __init__(self, header: Sequence[str], attributes: Sequence[Attribute], asked: int) -> None:
        self.places: list[int | None] = [None] * len(header)
        self._header = header
        self._attributes = attributes
        self._left = set(range(len(attributes)))
        self._as_asked = len(header) == asked
        for way in _WAYS_TO_NAME:
            self._take_named(*way)
        if self._as_asked:
            named = {label for attribute in attributes for label in _plain_labels(attribute)}
            self._take_in_place([p for p in self._open() if _plain(header[p]) not in named])

    def _open(self) -> list[int]:
        """Return the positions of the headers that stand for nothing yet."""
        return [position for position, place in enumerate(self.places) if place is None]

    def _take(self, position: int, place: int) -> None:
        self.places[position] = place
        self._left.discard(place)

    def _take_in_place(self, positions: Iterable[int]) -> None:
        """Take for headers the attributes at their own positions, where they are left."""
        for position in positions:
            if position in self._left:
                self._take(position, position)

    def _take_named(
        self,
        labels_of: Callable[[Attribute], Iterable[str]],
        written: Callable[[str], str],
        unique: bool,  # noqa: FBT001 - from a table
    ) -> None:
        """Take for each header an attribute that it names."""
        positions: dict[str, list[int]] = defaultdict(list)
        for position in self._open():
            positions[written(self._header[position])].append(position)
        places: dict[str, list[int]] = defaultdict(list)
        for place in sorted(self._left):
            for label in labels_of(self._attributes[place]):
                places[label].append(place)
        for label, found in positions.items():
            if len(places[label]) == 1 or not unique:
                self._take_all(found, places[label])

    def _take_all(self, positions: list[int], places: list[int]) -> None:
        """Take attributes for the headers of one label: in order, or where they stand.

        In place where there are more of one than of the other: a label in the workspace's language
        may be the name of another attribute by chance.
        """
        if len(positions) != len(places) and self._as_asked:
            self._take_in_place(position for position in positions if position in places)
        open_positions = [position for position in positions if self.places[position] is None]
        left = [place for place in places if place in self._left]
        for position, place in zip(open_positions, left, strict=False):
            self._take(position, place)


def _plain(label: str) -> str:
    """Return a label without what often differs: capitals, spaces, underscores, other signs."""
    return _NOT_A_WORD.sub("_", label.casefold()).strip("_")


def _plain_labels(attribute: Attribute) -> set[str]:
    return {_plain(label) for label in attribute.labels} - {""}


_WAYS_TO_NAME: tuple[
    tuple[Callable[[Attribute], Iterable[str]], Callable[[str], str], bool], ...
] = (
    (lambda attribute: attribute.ids, str, False),
    (lambda attribute: {attribute.name}, str, False),
    (_plain_labels, _plain, True),
)
"""How a label may name an attribute, the surest way first: the labels of an attribute, how a
header is written to be one of them, and whether it must be of one attribute only."""


def _with_new(header: list[str], columns: list[Column | None], file: StatisticFile) -> list[Column]:
    """Return the columns, with new ones for the headers that stand for none.

    Raises:
        UnreadableDataError: No header stands for what identifies a row.
    """
    found = {column.name for column in columns if column}
    missing = sorted(set(file.own_key) - found)
    if header and not file.hash_name and missing:
        raise UnreadableDataError(
            f"The file of {file.name} has no column {' and '.join(missing)}, "
            f"which identifies its rows; its headers are {', '.join(header)[:500]}"
        )
    unknown = [label for label, column in zip(header, columns, strict=True) if column is None]
    names = iter(property_names(unknown, taken=[column.name for column in file.properties]))
    return [
        column
        or Column(next(names), Kind.TEXT, f'Column "{label}", which was not asked for.', (label,))
        for label, column in zip(header, columns, strict=True)
    ]


def _describe(attribute: Attribute) -> str:
    """Return what a user should know of an attribute: its name, and its id at Intercom."""
    return f"{attribute.name} ({attribute.request_id})"
