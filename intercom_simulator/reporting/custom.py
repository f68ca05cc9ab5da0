"""Attributes the workspace made itself, with names as people write them, and their values."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from intercom_simulator.reporting.attributes import Attribute


class Custom(NamedTuple):
    """A custom attribute.

    Args:
        prefix: What its qualified id begins with.
        name: What people called it.
        values: What its cells hold; None for nothing.
        at_close: Whether it has no value before the conversation is closed.
    """

    prefix: str
    name: str
    values: tuple[str | None, ...]
    at_close: bool = False

    @property
    def attribute(self) -> Attribute:
        """The attribute as the API lists it."""
        return Attribute(self.name, self.name, f"{self.prefix}.{self.name}", custom=True)

    def value(self, owner: str) -> str | None:
        """Choose the value of one owner, always the same.

        Args:
            owner: The id of the person, conversation or ticket.
        """
        return self.values[crc32(f"{owner} {self.prefix} {self.name}".encode()) % len(self.values)]


class TicketType(NamedTuple):
    """A type of ticket, with a set of attributes of its own."""

    type_id: str
    name: str
    attributes: tuple[Custom, ...]


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
    Custom("people", "Brand", ("Acme", "Globex, Inc.", None)),
    Custom("people", "Plan #", ("1", "2", "10", None)),
    Custom("people", "Is VIP?", _FLAG),
    Custom("people", "Région", ("Île-de-France", "Québec", None)),
    Custom("people", "Account Tier", ("Gold", "Silver")),
    Custom("people", "account tier", ("gold", "0012", None)),
    Custom("people", "Account CRN", ("00123", "9007199254740993", None)),
    Custom("people", "salesforce_owner_id", ("0055f00000ABCDE", None)),
    # as the standard attribute is called
    Custom("people", "user_role", ("owner", "member", None)),
)
"""What is known about the person who wrote."""

CONVERSATION = (
    Custom("conversation", "AI Topic", ("Refunds", "Log-in; passwords", None), at_close=True),
    Custom("conversation", "Fin AI Agent resolution state", ("Resolved", "Escalated", None)),
    Custom("conversation", "Copilot used", _FLAG),
    Custom("conversation", "CX Score", ("1", "3.5", "5", None), at_close=True),
    Custom("conversation", "Follow-up: date", ("2026-03-05", None, None)),
    Custom("conversation", "Notes, internal", _TEXTS),
    Custom("conversation", "Brand", ("Acme", None)),
    # 63 bytes is the longest column name PostgreSQL takes
    Custom(
        "conversation",
        "Which of our products were you using when the problem first appeared?",
        ("Web app", "Mobile app, iOS", None),
    ),
    Custom(
        "conversation",
        "Which of our products were you using when the problem first appeared? (other)",
        ("Fax", None),
    ),
)
"""What teammates and workflows note about a conversation."""

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
    return TicketType(type_id, name, tuple(Custom(prefix, *each) for each in own))


TICKET_TYPES = tuple(_ticket_type(number, name) for number, name in enumerate(_TICKETS))
"""The types of tickets. Their attributes repeat each other's names."""
