"""Generates the contacts of a simulated workspace: users, leads and their companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from intercom_simulator.ids import ABOVE_DOUBLE_PRECISION

if TYPE_CHECKING:
    from random import Random


class Company(NamedTuple):
    """A company, with Intercom's id and the workspace's own id."""

    company_id: str
    company_external_id: str


class Person(NamedTuple):
    """A contact. A lead has no `user_external_id` and may have no email, name or company."""

    user_id: str
    user_external_id: str | None
    email: str | None
    name: str | None
    company: Company | None


# Names that break naive CSV code: commas, quotes, line breaks, emoji, right-to-left text, combining
# accents, a leading apostrophe that must be kept, texts that look like NULL or a number.
NAMES = (
    "Ada Lovelace",
    "O'Neill, Shaquille",
    'Dwayne "The Rock" Johnson',
    "Zoë Müller-Lüdenscheidt",
    "李小龍",
    "محمد صلاح",
    "'s-Gravesande Guicherit",
    "Null",
    "Line\nBreak",
    "🦄 Unicorn 👩‍👩‍👧",
    "Søren Kierkegaard",
    "Jose\u0301 Nin\u0303o",
    "1e5",
    "=SUM(A1)",
    "Grace Hopper",
    "Nguyễn Thị Minh Khai",
)
_LEAD_EVERY = 6
_HUGE_ID_EVERY = 11
_ZEROS_EVERY = 3
_NO_COMPANY_EVERY = 4


def generate_people(rng: Random, number: int) -> list[Person]:
    """Generate people who belong to a few companies.

    Args:
        rng: The random number generator.
        number: Number of people.
    """
    companies = [
        Company(_hex_id(rng), f"{index:05d}" if index % 2 else f"acme, inc {index}")
        for index in range(max(3, number // 10))
    ]
    return [_person(rng, index, companies) for index in range(number)]


def _person(rng: Random, index: int, companies: list[Company]) -> Person:
    user_id = _hex_id(rng)
    lead = index % _LEAD_EVERY == _LEAD_EVERY - 1
    company = None if lead or index % _NO_COMPANY_EVERY == 1 else rng.choice(companies)
    name = None if lead and index % 2 else f"{NAMES[index % len(NAMES)]}{_suffix(index)}"
    if lead:
        return Person(user_id, None, None, name, company)
    return Person(user_id, _external_id(index), f"person{index}@example.com", name, company)


def _external_id(index: int) -> str:
    if index % _HUGE_ID_EVERY == 0:
        return str(ABOVE_DOUBLE_PRECISION + index)
    if index % _ZEROS_EVERY == 0:
        return f"{index:08d}"
    return f"user-{index}"


def _suffix(index: int) -> str:
    return "" if index < len(NAMES) else f" {index // len(NAMES)}"


def _hex_id(rng: Random) -> str:
    return f"{rng.getrandbits(96):024x}"
