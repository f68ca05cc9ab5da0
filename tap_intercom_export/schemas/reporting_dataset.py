"""Reporting datasets and their attributes, as data: keys, kinds and names of their columns.

`reporting_header` finds the attribute of each column of a file.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from tap_intercom_export.schemas.column_kinds import Kind
from tap_intercom_export.schemas.columns import WINDOW_COLUMNS, Column, FileSchema
from tap_intercom_export.schemas.property_names import snake_case, unique_property_names

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

_KIND_BY_PREFIX = {"timestamp": Kind.REPORTED_TIME, "duration": Kind.REPORTED_NUMBER}
"""Kinds by the prefix of an attribute's qualified id; all others are text."""

STANDARD_PREFIXES = frozenset(
    {"standard", "timestamp", "duration", "team", "teammate", "call", "conversation-rating-sent"}
)
"""Prefixes of attributes that every workspace has, whose plain ids are unique. Plain ids of
attributes that users create (`people.Brand`, `ticket-type-7002._default_title_`) may collide."""

_PREFIX = re.compile(r"^[a-z-]+\.")


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
        names = iter(unique_property_names(others, reserved=[*window, *(self.key or ("row_id",))]))
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
        return _KIND_BY_PREFIX.get(prefix, Kind.TEXT)

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


def _describe(attribute: Attribute) -> str:
    """Return the description of an attribute: its name, and its id at Intercom."""
    return f"{attribute.name} ({attribute.request_id})"
