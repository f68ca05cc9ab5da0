"""Custom attributes of the workspace, with realistic names and values."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from intercom_simulator.reporting.attributes import Attribute


class CustomAttribute(NamedTuple):
    """A custom attribute.

    Args:
        prefix: Prefix of the qualified id.
        name: Display name.
        values: Possible values; None for an empty cell.
        at_close: Whether it has a value only after the conversation has been closed.
    """

    prefix: str
    name: str
    values: tuple[str | None, ...]
    at_close: bool = False

    @property
    def attribute(self) -> Attribute:
        """The attribute in the dataset."""
        return Attribute(self.name, self.name, f"{self.prefix}.{self.name}", custom=True)

    def value(self, owner: str) -> str | None:
        """Return the value for an owner, which is always the same.

        Args:
            owner: Id of the person, conversation or ticket.
        """
        return self.values[crc32(f"{owner} {self.prefix} {self.name}".encode()) % len(self.values)]


class TicketType(NamedTuple):
    """A ticket type with its own custom attributes."""

    type_id: str
    name: str
    attributes: tuple[CustomAttribute, ...]


_FLAG = ("true", "false", None)
_TEXTS = (
    'She said "no", twice.',
    "First line\nsecond line",
    "=1+1",
    "naïve café, très bon 🥐",
    None,
    None,
)

PEOPLE = (
    CustomAttribute("people", "Brand", ("Acme", "Globex, Inc.", None)),
    CustomAttribute("people", "Plan #", ("1", "2", "10", None)),
    CustomAttribute("people", "Is VIP?", _FLAG),
    CustomAttribute("people", "Région", ("Île-de-France", "Québec", None)),
    CustomAttribute("people", "Account Tier", ("Gold", "Silver")),
    CustomAttribute("people", "account tier", ("gold", "0012", None)),
    CustomAttribute("people", "Account CRN", ("00123", "9007199254740993", None)),
    CustomAttribute("people", "salesforce_owner_id", ("0055f00000ABCDE", None)),
    # the same name as a standard attribute
    CustomAttribute("people", "user_role", ("owner", "member", None)),
)
"""Custom attributes of people."""

CONVERSATION = (
    CustomAttribute(
        "conversation", "AI Topic", ("Refunds", "Log-in; passwords", None), at_close=True
    ),
    CustomAttribute(
        "conversation", "Fin AI Agent resolution state", ("Resolved", "Escalated", None)
    ),
    CustomAttribute("conversation", "Copilot used", _FLAG),
    CustomAttribute("conversation", "CX Score", ("1", "3.5", "5", None), at_close=True),
    CustomAttribute("conversation", "Follow-up: date", ("2026-03-05", None, None)),
    CustomAttribute("conversation", "Notes, internal", _TEXTS),
    CustomAttribute("conversation", "Brand", ("Acme", None)),
    # PostgreSQL limits column names to 63 bytes
    CustomAttribute(
        "conversation",
        "Which of our products were you using when the problem first appeared?",
        ("Web app", "Mobile app, iOS", None),
    ),
    CustomAttribute(
        "conversation",
        "Which of our products were you using when the problem first appeared? (other)",
        ("Fax", None),
    ),
)
"""Custom attributes of conversations."""

_TICKETS = (
    "Bug report",
    "Feature request",
    "Refund",
    "Return",
    "Devolução",
    "Back office",
    "Tracker",
    "Onboarding",
    "Data deletion (GDPR)",
    "Outage",
    "Invoice",
    "Hardware",
)
_TITLES = ("Cannot log in", 'The "Save" button, again', "Ça ne marche pas", "Line\nbreak", None)
_SHARED = (
    ("Priority", ("P1", "P2", "P3", None), 1),
    ("Account CRN", ("00777", None), 2),
    ("Order #", ("000123", "A-9", None), 3),
    ("Amount (€)", ("12.50", "1,000.00", None), 4),
    ("Approved?", _FLAG, 5),
)
_FIRST_TYPE_ID = 7_001


def _ticket_type(number: int, name: str) -> TicketType:
    type_id = str(_FIRST_TYPE_ID + number)
    prefix = f"ticket-type-{type_id}"
    shared = [(label, values) for label, values, every in _SHARED if number % every == 0]
    own = (("_default_title_", _TITLES), ("_default_description_", _TEXTS), *shared)
    return TicketType(type_id, name, tuple(CustomAttribute(prefix, *each) for each in own))


TICKET_TYPES = tuple(_ticket_type(number, name) for number, name in enumerate(_TICKETS))
"""All ticket types. The names of their attributes repeat."""
