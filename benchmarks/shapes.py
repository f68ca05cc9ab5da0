"""What the rows of the archives look like: a table of shapes. Adding one is adding a row."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tap_intercom_export.schemas.csv_files import MESSAGE_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

FIRST_SECOND = 1_767_225_600
"""Start of the exported time, 2026-01-01, unix seconds."""

DAYS = 30

REPORT = "tickets"
"""Id of the reporting dataset."""

REPORT_COLUMNS = (
    "ticket_id",
    *(f"ticket_time_{number}" for number in range(1, 20)),
    *(f"ticket_duration_{number}" for number in range(1, 31)),
    *(f"ticket_attribute_{number}" for number in range(1, 151)),
)
"""Plain ids of its 200 attributes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape.

    Attributes:
        key: Short name.
        title: Name in the tables.
        stream: Name of the stream that the rows become.
        columns: The header.
        rows: Makes rows without end.
        times_standard: Goal: this many times as fast as the standard SDK stream; 0 for none.
        line_end: What follows each row.
    """

    key: str
    title: str
    stream: str
    columns: tuple[str, ...]
    rows: Callable[[Random], Iterator[list[str]]]
    times_standard: float = 0
    line_end: str = "\n"

    @property
    def is_report(self) -> bool:
        """Whether a reporting export holds the rows, not a message export."""
        return self.stream.startswith("reporting_")

    @property
    def columns_as_receipts(self) -> int:
        """How many times as many columns as a receipt it has, one at least."""
        return max(1, round(len(self.columns) / len(_RECEIPT)))


def whole_seconds(second: int, _: int) -> str:
    """Return a time as real files have it: `2026-04-13T12:32:22.000Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(second))


def milliseconds(second: int, millisecond: int) -> str:
    """Return `2026-04-13T12:32:22.417Z`."""
    return time.strftime(f"%Y-%m-%dT%H:%M:%S.{millisecond:03}Z", time.gmtime(second))


def with_zone_name(second: int, _: int) -> str:
    """Return `2026-04-13 12:32:22 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(second))


def unix_seconds(second: int, _: int) -> str:
    """Return `1776083542`."""
    return str(second)


_TITLES = (
    *(f"Onboarding, step {step}" for step in range(1, 4)),  # with quotes, for their comma
    *(f"Feature tip {number}" for number in range(1, 31)),
    "Welcome to the team",
    'The "new" inbox',
    "Q1 Umfrage für Kunden",
    "Happy birthday 🎉",
)
_QUOTED_TITLES = (
    *(f"Onboarding, step {step}" for step in range(1, 4)),
    *(f"Feature tip {number}, for everybody" for number in range(1, 5)),
    'The "new" inbox',
    'What "open" means, and what "click" means',
    "Spring sale\nnow on, 20 % off",
    "Happy\nbirthday",
    "Plans,\tprices and more",
    *(f"Feature tip {number}" for number in range(5, 11)),
    "Welcome\tto the team",
    "Happy birthday 🎉",
)
"""Twelve of twenty with a quoted cell."""

_NAMES = ("Ada Park", "Jo Silva", "María Núñez", "Sam O'Neil", "Li Wei", "Ana Souza", "Tom Berg")
_EVENTS = ("first_open", "first_click", "first_reply", "first_goal_success", "first_dismissal")
_CHANCES = (0.55, 0.18, 0.06, 0.04, 0.1)
_RECEIPT = tuple(column.name for column in MESSAGE_FILES["receipt"].columns)
_PLACES = tuple(_RECEIPT.index(name) for name in _EVENTS)


def receipts(
    random: Random,
    text: Callable[[int, int], str] = whole_seconds,
    titles: tuple[str, ...] = _TITLES,
) -> Iterator[list[str]]:
    """Yield rows of `receipt` without end.

    Args:
        random: Source of chance.
        text: Writes a time.
        titles: Of the content; the first three are of a series.
    """
    number = 0
    empty = [""] * len(_RECEIPT)
    while True:
        number += 1
        person = random.randrange(200_000)
        received = FIRST_SECOND + random.randrange(DAYS * 86_400)
        title = random.randrange(len(titles))
        row = empty.copy()
        row[:19] = (
            f"65{_mixed(person):022x}",
            f"{_mixed(person + 1):032x}" if person % 5 else "",
            str(90_000 + person % 4_000) if person % 3 else "-1",
            f"acme-{person % 4_000}" if person % 3 else "",
            f"{_mixed(person):x}"[:9] + f".{person}@example-{person % 900}.com",
            _NAMES[person % len(_NAMES)],
            str(31_000_000 + title),
            str(52_000_000 + title * 2 + number % 2),
            ("Email", "Chat", "Post", "Banner")[title % 4],
            titles[title],
            "shown_automatically",
            ("", "web", "ios", "android")[person % 4],
            str(61_000_000 + title),
            str(187_000_000_000 + number * 13),
            text(received, number % 1000),
            str(204_000_000 + number) if random.random() < 0.06 else "",  # noqa: PLR2004
            str(700 + title) if title < 3 else "-1",  # noqa: PLR2004 - those titles are a series
            "Onboarding" if title < 3 else "",  # noqa: PLR2004
            str(8_800 + title) if title < 3 else "-1",  # noqa: PLR2004
        )
        for place, chance in zip(_PLACES, _CHANCES, strict=True):
            if random.random() < chance:
                row[place] = text(received + random.randrange(2 * 86_400), number * 7 % 1000)
        yield row


_ANSWERS = (
    "Very easy to use",
    "It works, but the import takes long.\nThe export too.",
    'The "new" inbox is great',
    "Muy útil, gracias.\n¿Habrá una versión en catalán?",
    "とても使いやすいです。\nただし、検索が遅い時があります。",
    "非常好用,谢谢!",
    "Очень удобно, спасибо",
    "رائع، شكراً",
    "Love it 🎉🎉\n\nKeep going!",
    "10",
    "Für uns genau richtig; nur die Übersetzung ist manchmal komisch.",
    "",
)


def answers(random: Random) -> Iterator[list[str]]:
    """Yield rows of `answer` without end: free text in several scripts."""
    number = 0
    while True:
        number += 1
        question = random.randrange(6)
        yield [
            str(187_000_000_000 + number * 13),
            milliseconds(FIRST_SECOND + random.randrange(DAYS * 86_400), number % 1000),
            f"q{7_000 + question}",
            ("How easy was it?", "What is missing?", "Was können wir besser machen?")[question % 3],
            ("text", "numeric_scale")[question % 2],
            f"{random.choice(_ANSWERS)}{'' if number % 3 else f' ({number})'}",
        ]


_URL = (
    "https://www.example.com/en/product/{0}/overview?utm_source=intercom&utm_medium=email&"
    "utm_campaign=spring%20sale%20{0}&utm_content={1:x}&ref={2:020x}&tags=a,b,c&"
    "next=%2Faccount%2Fbilling%3Ftab%3Dplans%26step%3D{3}#section-{4}"
)


def clicks(random: Random) -> Iterator[list[str]]:
    """Yield rows of `click` without end: long addresses."""
    number = 0
    while True:
        number += 1
        campaign = random.randrange(40)
        yield [
            str(187_000_000_000 + random.randrange(9_000_000) * 13),
            milliseconds(FIRST_SECOND + random.randrange(DAYS * 86_400), number % 1000),
            ("content", "unsubscribe", "button")[number % 3],
            _URL.format(campaign, _mixed(number), _mixed(number * 3), number % 9, number % 17),
        ]


def tickets(random: Random) -> Iterator[list[str]]:
    """Yield rows of a reporting dataset without end: half of its texts are empty."""
    number = 0
    while True:
        number += 1
        second = FIRST_SECOND + random.randrange(DAYS * 86_400)
        chance = random.getrandbits(200)
        texts = (
            (
                f"Value {number * place % 97}",
                "Bug report, urgent",
                f"{number * place}",
                "Jo Silva",
            )[place % 4]
            if chance >> place & 1
            else ""
            for place in range(150)
        )
        yield [
            str(5_000_000 + number),
            *(
                "" if place % 5 and number % 3 else with_zone_name(second + place * 3_700, 0)
                for place in range(19)
            ),
            *(str(second % (3_600 * (place + 1))) if place % 3 else "" for place in range(30)),
            *texts,
        ]


SHAPES: dict[str, Shape] = {
    shape.key: shape
    for shape in (
        Shape("zeros", "`receipt`, `2026-04-13T12:32:22.000Z`", "receipt", _RECEIPT, receipts, 25),
        Shape(
            *("utc", "`receipt`, `2026-04-13 12:32:22 UTC`", "receipt", _RECEIPT),
            partial(receipts, text=with_zone_name),
            25,
        ),
        Shape(
            *("crlf", "`receipt`, CRLF line ends", "receipt", _RECEIPT, receipts, 25),
            line_end="\r\n",
        ),
        Shape(
            *("milliseconds", "`receipt`, `2026-04-13T12:32:22.417Z`", "receipt", _RECEIPT),
            partial(receipts, text=milliseconds),
            20,
        ),
        Shape(
            *("unix", "`receipt`, unix seconds", "receipt", _RECEIPT),
            partial(receipts, text=unix_seconds),
            20,
        ),
        Shape(
            *("quoted", "`receipt`, 60 % of the rows with a quoted cell", "receipt", _RECEIPT),
            partial(receipts, titles=_QUOTED_TITLES),
            20,
        ),
        Shape(
            *("both", "`receipt`, the same with unix seconds", "receipt", _RECEIPT),
            partial(receipts, text=unix_seconds, titles=_QUOTED_TITLES),
            15,
        ),
        Shape(
            *("answer", "`answer`, free text in several scripts", "answer"),
            tuple(column.name for column in MESSAGE_FILES["answer"].columns),
            answers,
        ),
        Shape(
            *("click", "`click`, long URLs", "click"),
            tuple(column.name for column in MESSAGE_FILES["click"].columns),
            clicks,
        ),
        Shape(
            *("report", "a reporting dataset of 200 columns", f"reporting_{REPORT}"),
            REPORT_COLUMNS,
            tickets,
        ),
    )
}


RECEIPTS = SHAPES["zeros"]
"""As real files have them."""


def _mixed(number: int) -> int:
    """Return 80 bits that look like chance, so that ids pack as badly as real ones."""
    return (number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 >> 32 & 0xFFFFFFFFFFFFFFFFFFFF
