"""A clock of this machine that differs from Intercom's."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from typing_extensions import override

from intercom_simulator import Clock, Fault, Simulator
from tests.faults.runner import configuration
from tests.harness.quick_clock import QuickClock
from tests.harness.singer import (
    run_without_waiting,
)

if TYPE_CHECKING:
    import pytest


class FastClock(QuickClock):
    """A clock that is ten minutes ahead."""

    @override
    def now(self) -> float:
        return super().now() + 600


def test_no_message_is_lost_if_clock_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the local clock, a window would end nine minutes in Intercom's future."""
    monkeypatch.setattr("tests.harness.quick_clock.QuickClock", FastClock)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    fault = Fault(times=None, headers={"Date": f"{now:%a, %d %b %Y %H:%M:%S GMT}"}, handled=True)
    with Simulator(receipts=50, days=3, end=now, clock=Clock(now), faults=[fault]) as sim:
        config = configuration(sim, start_date=f"{now - timedelta(days=4):%Y-%m-%d}", end_date=None)
        run = run_without_waiting({**config, "lookback_days": 0})
        present = now.timestamp()
        assert present - 62 <= sim.jobs[-1].before <= present - 60
    assert run.exit_code == 0
    assert re.search(r"WARNING This machine's clock is 6\d\d s ahead of Intercom's", run.log)


def test_correct_clock_has_no_warning() -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    with Simulator(receipts=5, days=3, end=now, clock=Clock(now)) as sim:
        start = f"{now - timedelta(days=4):%Y-%m-%d}"
        run = run_without_waiting(configuration(sim, start_date=start, end_date=None))
    assert run.exit_code == 0
    assert "clock" not in run.log
