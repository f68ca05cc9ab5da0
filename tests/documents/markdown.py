"""Reads the pages of the documentation: blocks of code, links, headings, inline code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).parents[2]

PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", ".github/*.md", "dbt/*.md", "docs/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
)
"""Paths of all pages, from the root of the repository."""


@dataclass(frozen=True)
class Block:
    """A block of code.

    Args:
        page: Path of its page.
        line: Its first line on the page, from 1.
        language: Language after the fence; "" for an indented block.
        text: Its lines.
    """

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


@cache
def _tokens(page: str) -> list[Token]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return MarkdownIt("commonmark").enable("table").parse(text)


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Return all code blocks of a page, fenced or indented."""
    return tuple(
        Block(page, token.map[0] + 1, token.info.strip(), token.content)
        for token in _tokens(page)
        if token.type in {"fence", "code_block"} and token.map
    )


def _inline(page: str) -> Iterator[Token]:
    for token in _tokens(page):
        yield from token.children or ()


def links(page: str) -> list[str]:
    """Return the targets of all links and images of a page."""
    found = (token.attrs.get("href", token.attrs.get("src")) for token in _inline(page))
    return [str(target) for target in found if target is not None]


def inline_code(page: str) -> list[str]:
    """Return the texts between backticks."""
    return [token.content for token in _inline(page) if token.type == "code_inline"]


@cache
def headings(page: str) -> tuple[str, ...]:
    """Return the texts of all headings."""
    inline = {
        token.map[0]: token for token in _tokens(page) if token.type == "inline" and token.map
    }
    return tuple(
        "".join(child.content for child in (inline[token.map[0]].children or ()))
        for token in _tokens(page)
        if token.type == "heading_open" and token.map
    )


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, in GitHub's format."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in headings(page)
    }
