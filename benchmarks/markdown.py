"""Markdown: tables, paragraphs, and blocks of a page that are written by a program."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a head."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def wrapped(text: str) -> str:
    """Return a paragraph in lines of 100 characters."""
    return fill(text, 100, break_long_words=False, break_on_hyphens=False)


def with_block(text: str, name: str, block: str) -> str:
    """Return a text with the content between the two comments of a block replaced."""
    start, end = f"<!-- {name}: written by make bench -->\n", f"\n<!-- end of {name} -->"
    before, rest = text.split(start)
    return f"{before}{start}{block}{end}{rest.split(end)[1]}"
