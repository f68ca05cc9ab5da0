"""The error for a cell that cannot be parsed, with and without the cell's content."""

from __future__ import annotations

MAX_QUOTED_CHARACTERS = 80
"""Maximum characters of the cell that the message quotes."""


class UnreadableCellError(ValueError):
    """A cell cannot be parsed as its column's kind.

    Args:
        name: Name of the column.
        problem: What is wrong with the cell.
        cell: The cell.

    Attributes:
        without_cell: The message with a pattern in place of the cell: letters are `x`, digits `9`.
            It shows the format without personal data, so it can be logged.
    """

    def __init__(self, name: str, problem: object, cell: str) -> None:
        cell = cell[:MAX_QUOTED_CHARACTERS]
        super().__init__(f"{name} {problem}: {cell!r}")
        pattern = "".join(map(_character_class, cell))
        self.without_cell = f"{name} {problem}: its format is {pattern!r}"


def _character_class(character: str) -> str:
    """Return the class of a character, not the character itself."""
    if character.isnumeric():
        return "9"
    if character.isascii() and not character.isalpha():
        return character
    return "X" if character.isupper() else "x"
