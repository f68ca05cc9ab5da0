"""Reporting datasets and their attributes, with plain ids, qualified ids and types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["time", "duration", "text"]
"""Type of an attribute. In the API, only the prefix of the qualified id indicates it."""

_KINDS: dict[str, Kind] = {"timestamp": "time", "duration": "duration"}

# Prefixes of standard attributes; the first pattern that matches applies. Published prefixes:
# standard, timestamp, duration, team, teammate, call, conversation, conversation-rating-sent,
# people.
_PREFIXES = (
    (r"action_time|.*_at", "timestamp"),
    (r"customer_name|voice_routing_inbox", "conversation"),
    (r"conversation_rating(_id|_remark)?|rat(ed|ing)_.*|last_survey_.*", "rating"),
    (r"call_team_id|.*team_(assignee_|raw_)?id", "team"),
    (r".*_(state_category|custom_state|reason|category|status|status_id)", "standard"),
    (r".*teammate.*_ids?|teammate_assignee_at_action_time", "teammate"),
    (r".*(response_time|_handling_time|time_to_|_time_in_|time_from_|_after_miss).*", "duration"),
    (r"call_(id|direction|state|terminating_.*|.*_time|.*_count)", "call"),
)
_LONG_PREFIXES = {"rating": "conversation-rating-sent"}


class Attribute(NamedTuple):
    """A column of a dataset.

    Args:
        id: Plain id and column header. For a custom attribute it is the display name, which need
            not be unique.
        name: Display name in the report builder.
        qualified_id: Unique id.
        custom: Whether it is a custom attribute of the workspace.
        kind: Type of the values.
    """

    id: str
    name: str
    qualified_id: str
    custom: bool
    kind: Kind = "text"


@dataclass(frozen=True)
class Dataset:
    """A reporting dataset.

    Args:
        id: Dataset id of the API.
        name: Display name.
        description: Description in one sentence.
        time: Plain id of the attribute by which a range selects rows.
        key: Qualified ids of the key; empty if no key is known.
        attributes: The columns.
    """

    id: str
    name: str
    description: str
    time: str
    key: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    def resolve(self, ids: Iterable[str]) -> tuple[list[Attribute], list[str]]:
        """Find attributes by plain or qualified ids.

        A plain id that several attributes share selects the first of them at its first use, the
        second one at its second use, and so on.

        Args:
            ids: The requested ids.

        Returns:
            The attributes in the requested order, and the unknown ids.
        """
        qualified = {attribute.qualified_id: attribute for attribute in self.attributes}
        plain: dict[str, list[Attribute]] = {}
        for attribute in self.attributes:
            plain.setdefault(attribute.id, []).append(attribute)
        found: list[Attribute] = []
        unknown: list[str] = []
        for name in ids:
            if name in qualified:
                found.append(qualified[name])
            elif name in plain:
                same = plain[name]
                found.append(same[0])
                if len(same) > 1:
                    same.append(same.pop(0))
            else:
                unknown.append(name)
        return found, unknown


def standard_attribute(identifier: str) -> Attribute:
    """Create an attribute that exists in every workspace.

    Args:
        identifier: Plain id, from which name, prefix and type follow.
    """
    prefixes = (prefix for pattern, prefix in _PREFIXES if re.fullmatch(pattern, identifier))
    prefix = next(prefixes, "standard")
    name = identifier.replace("_", " ").capitalize()
    qualified_id = f"{_LONG_PREFIXES.get(prefix, prefix)}.{identifier}"
    return Attribute(identifier, name, qualified_id, custom=False, kind=_KINDS.get(prefix, "text"))
