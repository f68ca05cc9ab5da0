"""Text of numbers and names on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from intercom_report.formats import content_label, format_count, format_value

if TYPE_CHECKING:
    from intercom_report.formats import Kind


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1568, "number", "1,568"),
        (1234567, "number", "1,234,567"),
        (1568.25, "number", "1,568.2"),
        (0, "number", "0"),
        (0.1234, "percent", "12.3%"),
        (1, "percent", "100.0%"),
        (1234.56, "hours", "1,234.6 h"),
        ("1568", "text", "1568"),
        (None, "percent", "–"),  # noqa: RUF001 - a dash
    ],
)
def test_value(value: Any, kind: Kind, text: str) -> None:
    assert format_value(value, kind) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "0 clicks"), (0, "0 clicks"), (1, "1 click"), (2, "2 clicks"), (1568, "1,568 clicks")],
)
def test_count(number: int | None, text: str) -> None:
    assert format_count(number, "click", "clicks") == text


@pytest.mark.parametrize(
    ("title", "variant", "label"),
    [
        ("News", None, "News · Email"),
        ("News", "B", "News [B] · Email"),
        ("Two\nlines\tand  spaces", None, "Two lines and spaces · Email"),
        ("", None, "(no title) · Email"),
        (None, None, "(no title) · Email"),
    ],
)
def test_content_label(title: str | None, variant: str | None, label: str) -> None:
    row = {"content_title": title, "variant": variant, "content_type": "Email"}
    assert content_label(row) == label
