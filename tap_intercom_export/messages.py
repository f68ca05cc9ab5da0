"""Singer messages to stdout, each line whole, also when a signal comes in the middle of one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from singer_sdk.io_base import SingerWriter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable


class MessageWriter(SingerWriter):
    """Writes messages line by line. What a signal wants done waits until the line is out."""

    def __init__(self) -> None:
        super().__init__()
        self._writing = False
        self._waiting: Callable[[], None] | None = None

    @override
    def write_message(self, message: Any) -> None:
        self.write(self.format_message(message) + "\n")

    def write(self, text: str) -> None:
        """Write whole lines.

        Args:
            text: One message or more, each with its line end.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        self._writing = True
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        finally:
            self._writing = False
        if self._waiting is not None:
            self._waiting()

    def between_lines(self, action: Callable[[], None]) -> None:
        """Do something now, or as soon as the line that is being written is out.

        Args:
            action: What to do; it may write messages.
        """
        if self._writing:
            self._waiting = action
        else:
            action()
