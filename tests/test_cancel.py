"""A cancel that hangs does not hold up the run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tap_intercom_export import jobs
from tap_intercom_export.client import IntercomClient
from tap_intercom_export.clock import Clock
from tap_intercom_export.ledger import StateLedger
from tap_intercom_export.messages import MessageWriter, SharedState
from tap_intercom_export.simulator import Fault, JobFault
from tap_intercom_export.tap import TapIntercomExport
from tap_intercom_export.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tap_intercom_export.settings import Settings
    from tap_intercom_export.simulator import Simulator

LIMIT = 0.3
"""Seconds, in place of the ten that a real cancel may take."""


def test_a_cancel_that_hangs_is_given_up_after_its_time_limit(
    simulate: Callable[..., Simulator],
    configure: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(jobs, "CANCEL_TIMEOUT", LIMIT)
    simulator = simulate(
        receipts=10, job_faults=[JobFault(never_ends=True)], faults=[Fault("cancel", delay=20)]
    )
    settings: Settings = TapIntercomExport(config=configure(simulator)).settings
    client = IntercomClient(settings, "test", Clock())
    runner = jobs.JobRunner(client, jobs.MESSAGE_EXPORT, settings, Clock())
    ledger = StateLedger({}, {}, SharedState(MessageWriter()))
    job = runner.create(Window(settings.start, settings.start + 3600), settings.start, ledger)

    begun = time.monotonic()
    runner.cancel(job)

    assert LIMIT <= time.monotonic() - begun < 10 * LIMIT
    assert "could not be canceled" in caplog.text
    assert [request.path for request in simulator.requests].count(
        f"/export/cancel/{job.identifier}"
    ) <= 1
