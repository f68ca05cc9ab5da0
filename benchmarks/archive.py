"""Archives to measure with: realistic receipts, the same in every run, of any length."""

from __future__ import annotations

import gzip
import shutil
import time
import zipfile
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from tap_intercom_export.schemas.statistics import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = tuple(column.name for column in FILES["receipt"].columns)

FIRST_SECOND = 1_767_225_600
"""Start of the exported time, 2026-01-01, unix seconds."""

DAYS = 30

_BLOCK = 1000
"""Rows that are made and packed at once."""

_TITLES = (
    *(f"Onboarding, step {step}" for step in range(1, 4)),  # with quotes, for their comma
    *(f"Feature tip {number}" for number in range(1, 31)),
    "Welcome to the team",
    'The "new" inbox',
    "Q1 Umfrage für Kunden",
    "Happy birthday 🎉",
)
_NAMES = ("Ada Park", "Jo Silva", "María Núñez", "Sam O'Neil", "Li Wei", "Ana Souza", "Tom Berg")
_EVENTS = ("first_open", "first_click", "first_reply", "first_goal_success", "first_dismissal")
_CHANCES = (0.55, 0.18, 0.06, 0.04, 0.1)
_PLACES = tuple(COLUMNS.index(name) for name in _EVENTS)


def archive(folder: Path, rows: int, files: int = 1) -> Path:
    """Return a ZIP with this many rows of receipts, made when it is not there yet.

    Args:
        folder: Where archives are kept.
        rows: Rows of all its files together.
        files: Files that they are spread over.
    """
    path = folder / f"receipts-{rows}-{files}.zip"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    half_done = path.with_suffix(".new")
    lines = _lines(Random(f"{rows}"))  # noqa: S311 - the same in every run is the point
    with zipfile.ZipFile(half_done, "w", zipfile.ZIP_DEFLATED) as pack:
        for number in range(files):
            count = rows // files + (number < rows % files)
            with pack.open(_name(number), "w", force_zip64=True) as member:
                member.write(f"{','.join(COLUMNS)}\n".encode())
                while count and (block := list(islice(lines, min(count, _BLOCK)))):
                    member.write("".join(block).encode())
                    count -= len(block)
    return half_done.rename(path)


def gzipped(path: Path) -> Path:
    """Return the one file of an archive as a gzip, for tools that read no ZIP."""
    packed = path.with_suffix(".csv.gz")
    if not packed.exists():
        half_done = packed.with_suffix(".new")
        with (
            zipfile.ZipFile(path) as pack,
            pack.open(pack.namelist()[0]) as source,
            gzip.open(half_done, "wb", compresslevel=6) as target,
        ):
            shutil.copyfileobj(source, target, 1024 * 1024)
        half_done.rename(packed)
    return packed


def bytes_a_row(path: Path) -> float:
    """Return the mean length of an archive's rows, unpacked."""
    with zipfile.ZipFile(path) as pack:
        size = sum(info.file_size for info in pack.infolist())
    return size / int(path.stem.split("-")[1])


def _name(number: int) -> str:
    return f"receipt_2026013{number % 10}{f'_{number + 1}' if number else ''}.csv"


def _lines(random: Random) -> Iterator[str]:
    """Yield lines of the CSV file without end; one in nine has quotes."""
    number = 0
    empty = [""] * len(COLUMNS)
    while True:
        number += 1
        person = random.randrange(200_000)
        received = FIRST_SECOND + random.randrange(DAYS * 86_400)
        title = random.randrange(len(_TITLES))
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
            _quoted(_TITLES[title]),
            "shown_automatically",
            ("", "web", "ios", "android")[person % 4],
            str(61_000_000 + title),
            str(187_000_000_000 + number * 13),
            _text(received),
            str(204_000_000 + number) if random.random() < 0.06 else "",  # noqa: PLR2004
            str(700 + title) if title < 3 else "-1",  # noqa: PLR2004 - those titles are a series
            "Onboarding" if title < 3 else "",  # noqa: PLR2004
            str(8_800 + title) if title < 3 else "-1",  # noqa: PLR2004
        )
        for place, chance in zip(_PLACES, _CHANCES, strict=True):
            if random.random() < chance:
                row[place] = _text(received + random.randrange(2 * 86_400))
        yield ",".join(row) + "\n"


def _mixed(number: int) -> int:
    """Return 80 bits that look like chance, so that ids pack as badly as real ones."""
    return (number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 >> 32 & 0xFFFFFFFFFFFFFFFFFFFF


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), 2 * chr(34))}"' if '"' in text or "," in text else text


def _text(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(second))
