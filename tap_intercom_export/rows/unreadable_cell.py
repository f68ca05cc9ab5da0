"""What is told of a cell that cannot be read, with the cell and without it."""

from __future__ import annotations

MAX_CELL_CHARACTERS = 80
"""Characters of a cell that are told."""


class UnreadableCellError(ValueError):
    """A cell cannot be read as its column's kind.

    Args:
        name: Of the column.
        problem: What the cell is not.
        cell: The cell.

    Attributes:
        without_cell: The error's text with the form of the cell in place of the cell: its letters
            are `x`, its digits `9`. That tells how it is written, and may stand in a log.
    """

    def __init__(self, name: str, problem: object, cell: str) -> None:
        cell = cell[:MAX_CELL_CHARACTERS]
        super().__init__(f"{name} {problem}: {cell!r}")
        form = "".join(map(_form, cell))
        self.without_cell = f"{name} {problem}: it is written like {form!r}"


def _form(character: str) -> str:
    """Return what a character is, and not which one."""
    if character.isnumeric():
        return "9"
    if character.isascii() and not character.isalpha():
        return character
    return "X" if character.isupper() else "x"
