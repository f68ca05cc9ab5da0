"""Changes to the bytes of a CSV file, as damage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A change to the bytes of one file of an archive. The set changes apply in this order.

    Args:
        file: The statistic, such as `receipt`.
        line: Number of the line to change: 0 is the header, negative numbers count from the end. A
            row with a line break in a cell has two lines.
        replace: New text of the line, without the line end.
        insert: Bytes to insert in the middle of the line.
        keep_cells: Number of cells to keep of the line, split at commas.
        delete: Whether to remove the line.
        append: Bytes to append to the file.
        truncate_bytes: Number of bytes to remove from the end of the file.
    """

    file: str
    line: int = 1
    replace: bytes | None = None
    insert: bytes | None = None
    keep_cells: int | None = None
    delete: bool = False
    append: bytes = b""
    truncate_bytes: int = 0

    def apply(self, content: bytes) -> bytes:
        """Apply the change to a file.

        Args:
            content: The correct file.

        Returns:
            The changed file.
        """
        lines = content.splitlines(keepends=True)
        if -len(lines) <= self.line < len(lines):
            lines[self.line] = self._line(lines[self.line])
        damaged = b"".join(lines) + self.append
        return damaged[: len(damaged) - self.truncate_bytes]

    def _line(self, line: bytes) -> bytes:
        text = line.rstrip(b"\r\n")
        end = line[len(text) :]
        if self.replace is not None:
            text = self.replace
        if self.insert is not None:
            middle = len(text) // 2
            text = text[:middle] + self.insert + text[middle:]
        if self.keep_cells is not None:
            text = b",".join(text.split(b",")[: self.keep_cells])
        return b"" if self.delete else text + end
