"""The state that a run is given: what is refused, and what counts as empty."""

from __future__ import annotations

from typing import Any

import pytest

from tap_intercom_export.errors import TapError
from tap_intercom_export.tap import TapIntercomExport

CONFIG = {
    "access_token": "x",
    "api_url": "http://127.0.0.1:9",
    "start_date": "2025-05-11T12:30:00Z",
}


@pytest.mark.parametrize(
    "state",
    [{"type": "STATE", "value": {"bookmarks": {}}}, {"bookmarks": None}, ["bookmarks"]],
    ids=["a whole line", "null", "an array"],
)
def test_state_without_bookmarks_is_refused(state: Any) -> None:
    with pytest.raises(TapError, match="The state has no bookmarks"):
        TapIntercomExport(config=dict(CONFIG), state=state)


@pytest.mark.parametrize("entry", ["2026-01-01T00:00:00Z", None, ["x"], 5])
def test_state_with_damaged_bookmark_is_refused(entry: Any) -> None:
    state = {"bookmarks": {"receipt": entry, "open": {}}}
    with pytest.raises(TapError, match="The state has no object for receipt,"):
        TapIntercomExport(config=dict(CONFIG), state=state)


def test_state_in_state_message_is_read() -> None:
    with pytest.raises(TapError, match="here below 'value'"):
        TapIntercomExport(config=dict(CONFIG), state={"value": {"bookmarks": {}}})


@pytest.mark.parametrize("state", [None, {}, {"bookmarks": {}}])
def test_state_may_be_empty(state: dict[str, Any] | None) -> None:
    assert not TapIntercomExport(config=dict(CONFIG), state=state).state.get("bookmarks")
