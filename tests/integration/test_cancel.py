"""A hanging cancel request does not block the run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from singer_sdk.helpers._state import StateWriter

from intercom_simulator import Fault, JobFault
from tap_intercom_export.clock import Clock
from tap_intercom_export.exports import job_runner
from tap_intercom_export.exports.events import EventQueue
from tap_intercom_export.exports.job_state import JobState
from tap_intercom_export.exports.job_tracker import JobTracker
from tap_intercom_export.exports.window import Window
from tap_intercom_export.intercom.client import IntercomClient
from tap_intercom_export.intercom.message_export import MESSAGE_EXPORT
from tap_intercom_export.singer.message_writer import MessageWriter
from tap_intercom_export.tap import TapIntercomExport

if TYPE_CHECKING:
    import pytest

    from tap_intercom_export.config.settings import Settings
    from tests.harness.fixture_types import Configure, Simulate

CANCEL_TIMEOUT_SECONDS_IN_TEST = 0.3
"""Timeout of the cancel request in this test, in seconds."""


def test_hanging_cancel_request_times_out(
    simulate: Simulate,
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(job_runner, "CANCEL_TIMEOUT_SECONDS", CANCEL_TIMEOUT_SECONDS_IN_TEST)
    simulator = simulate(
        receipts=10,
        job_faults=[JobFault(never_ends=True)],
        faults=[Fault("cancel", delay_seconds=20)],
    )
    settings: Settings = TapIntercomExport(config=configure(simulator)).settings
    client = IntercomClient(settings, "test", Clock())
    runner = job_runner.JobRunner(client, MESSAGE_EXPORT, settings, Clock())
    events = EventQueue(lambda: True, lambda: None)
    jobs = JobTracker(JobState({}, {}, StateWriter(MessageWriter())), events)
    window = Window(settings.start, settings.start + 3600)
    with ThreadPoolExecutor() as worker:
        created = worker.submit(runner.create, window, settings.start, jobs)
        while not created.done():
            events.wait()
    job = created.result()

    started = time.monotonic()
    runner.cancel(job)

    assert (
        CANCEL_TIMEOUT_SECONDS_IN_TEST
        <= time.monotonic() - started
        < 10 * CANCEL_TIMEOUT_SECONDS_IN_TEST
    )
    assert "could not be canceled" in caplog.text
    assert [request.path for request in simulator.requests].count(
        f"/export/cancel/{job.identifier}"
    ) <= 1
