"""What a reporting dataset is made of: attributes, their plain and qualified ids, their kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["time", "duration", "text"]
"""How an attribute's values are meant; Intercom tells by nothing but the qualified id's prefix."""

_KINDS: dict[str, Kind] = {"timestamp": "time", "duration": "duration"}

# The prefixes of standard attributes, the first that fits. Those seen in public are: standard,
# timestamp, duration, team, teammate, call, conversation, conversation-rating-sent, people.
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
_WORDS = {"rating": "conversation-rating-sent"}


class Attribute(NamedTuple):
    """A column of a dataset.

    Args:
        id: What heads its column; for a custom one its display name, which others may have too.
        name: What the report builder shows.
        qualified_id: The only name that is its own.
        custom: Whether somebody in the workspace made it.
        kind: How its values are meant.
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
        id: What the API calls it.
        name: Its display name.
        description: A sentence about it.
        time: The plain id of the attribute a range selects rows by.
        key: The qualified ids that together are different in every row; empty if none are known.
        attributes: Its columns.
    """

    id: str
    name: str
    description: str
    time: str
    key: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    def resolve(self, asked: Iterable[str]) -> tuple[list[Attribute], list[str]]:
        """Find attributes by plain or qualified ids.

        A plain id that several attributes have means the first of them, the next time the second,
        and so on.

        Args:
            asked: The ids.

        Returns:
            The attributes in the order asked for, and the ids that mean none.
        """
        qualified = {one.qualified_id: one for one in self.attributes}
        plain: dict[str, list[Attribute]] = {}
        for one in self.attributes:
            plain.setdefault(one.id, []).append(one)
        found: list[Attribute] = []
        wrong: list[str] = []
        for name in asked:
            if name in qualified:
                found.append(qualified[name])
            elif name in plain:
                same = plain[name]
                found.append(same[0])
                if len(same) > 1:
                    same.append(same.pop(0))
            else:
                wrong.append(name)
        return found, wrong


def standard(identifier: str) -> Attribute:
    """Make an attribute every workspace has.

    Args:
        identifier: Its plain id, from which the rest follows.
    """
    fits = (prefix for pattern, prefix in _PREFIXES if re.fullmatch(pattern, identifier))
    prefix = next(fits, "standard")
    name = identifier.replace("_", " ").capitalize()
    qualified_id = f"{_WORDS.get(prefix, prefix)}.{identifier}"
    return Attribute(identifier, name, qualified_id, custom=False, kind=_KINDS.get(prefix, "text"))
