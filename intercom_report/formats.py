"""Text of numbers and names, for charts, tables and totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from intercom_report.database import Row

Kind = Literal["text", "number", "percent", "hours"]

CHANNEL_NAMES = {
    "email": "e-mail",
    "in_app": "in-app",
    "push": "push",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "webhook": "webhook",
    "other": "other",
}
"""Names on the page of the values of the column `channel`, in the order of the legend."""


def format_value(value: Any, kind: Kind) -> str:
    """Return the displayed text of a value; a dash for None.

    Args:
        value: A text, a number, a share between 0 and 1, or hours.
        kind: Kind of the value.
    """
    if value is None:
        return "–"  # noqa: RUF001 - a dash
    if kind == "percent":
        return f"{value:.1%}"
    if kind == "hours":
        return f"{value:,.1f} h"
    if kind == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return str(value)


def format_count(number: int | None, singular: str, plural: str) -> str:
    """Return a number with its noun, such as `1,568 clicks`; None counts as 0.

    Args:
        number: The number.
        singular: The noun after 1.
        plural: The noun after all other numbers.
    """
    return f"{number or 0:,} {singular if number == 1 else plural}"


def one_line(text: str | None, missing: str) -> str:
    """Return a text without line breaks and repeated spaces.

    Args:
        text: The text.
        missing: Returned if there is no text.
    """
    return " ".join((text or "").split()) or missing


def content_label(row: Row) -> str:
    """Return the title of a content, the letter of its variant, and its type.

    Args:
        row: A row with `content_title` and `content_type`, and maybe `variant`.
    """
    title = one_line(row["content_title"], "(no title)")
    variant = f" [{row['variant']}]" if row.get("variant") else ""
    return f"{title}{variant} · {row['content_type']}"
