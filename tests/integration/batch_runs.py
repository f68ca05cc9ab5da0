"""Runs the tap with batches, and reads the records in their files."""

from __future__ import annotations

from typing import Any

from tests.harness.batches import expand_batches
from tests.harness.singer import (
    Output,
    run_in_process,
)


def run(config: dict[str, Any], **options: Any) -> tuple[Output, Output]:
    """Run the tap in this process and check its output.

    Returns:
        The output, and the output with records instead of batches.
    """
    output = run_in_process(config, **options)
    return output, Output(output.exit_code, output.log, expand_batches(output.lines))
