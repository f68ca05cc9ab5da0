"""A run with the SDK's encoder, or without the compiled one, writes the same as the usual run."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Member, Mutation
from tap_intercom_export.rows.encoder import Encoder
from tests.harness.compiled_encoder import needs_compiled_encoder
from tests.harness.singer import (
    Output,
    clean_environment,
    command,
    run_in_process,
    run_tap,
    run_without_waiting,
    select,
)
from tests.unit.encoder_comparison import ALL, counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness.fixture_types import Configure, Simulate

UNUSUAL_DATA: dict[str, ApiVariant] = {
    "as production": ApiVariant(),
    "plain times, BOM, CRLF": ApiVariant(
        time_format="plain", byte_order_mark=True, line_end="\r\n"
    ),
    "seconds, other order": ApiVariant(time_format="seconds", shuffled_columns=True),
    "milliseconds, parts": ApiVariant(time_format="milliseconds", parts_per_file=3),
    "new columns and files, damage": ApiVariant(
        time_format="utc",
        added_columns=(("receipt", 'odd "name"', 'a "value"'), ("open", "client", "Mail")),
        dropped_columns=(("receipt", "company_id"), ("click", "url")),
        renamed_columns=(("receipt", "email", "e_mail"),),
        extra_members=(Member("hologram_view{stamp}.csv", b"receipt_id,seen_at\n1,2025-05-20\n"),),
        mutations=(
            Mutation("receipt", line=2, keep_cells=3),
            Mutation("open", line=1, insert=b'"'),
            Mutation("click", line=1, insert=b"\xff"),
        ),
    ),
}

VARYING_PROPERTIES = {"completed_at", "created_at", "job_identifier", "seconds_waited"}
"""Properties of `content_export` that differ between runs."""


def records_by_stream(output: Output) -> dict[str, list[dict[str, Any]]]:
    passing = dict.fromkeys(("content_export", "rejected_row"), VARYING_PROPERTIES)
    return {
        stream: [
            {name: value for name, value in record.items() if name not in passing.get(stream, ())}
            for record in output.records(stream)
        ]
        for stream in output.streams
    }


def identity_maps(*streams: str) -> dict[str, dict[str, str]]:
    """Return identity stream maps, which disable the tap's encoder."""
    names = streams or [file.name for file in ALL]
    return {name: {"created_at": "created_at"} for name in names}


@pytest.mark.parametrize("unusual", UNUSUAL_DATA)
def test_identity_stream_map_does_not_change_records(
    simulate: Simulate, configure: Configure, unusual: str
) -> None:
    outputs = []
    for more in ({}, {"stream_maps": identity_maps()}):
        simulator = simulate(receipts=120, days=20, variant=UNUSUAL_DATA[unusual])
        outputs.append(run_tap(configure(simulator, **more)))
    fast, slow = map(records_by_stream, outputs)
    assert fast.keys() == slow.keys()
    for stream, records in fast.items():
        assert records == slow[stream], stream
    assert fast["receipt"]
    assert outputs[0].bookmarks == outputs[1].bookmarks
    assert counts(outputs[0]) == counts(outputs[1]) == lengths(outputs[0])
    assert len(outputs[0].states) <= len(outputs[1].states)


@pytest.mark.parametrize("variant", UNUSUAL_DATA)
@needs_compiled_encoder
def test_without_the_compiled_encoder_a_run_writes_the_same(
    simulate: Simulate, configure: Configure, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    outputs = []
    for is_compiled in (True, False):
        monkeypatch.setattr(Encoder, "is_compiled", is_compiled)
        simulator = simulate(receipts=120, days=20, variant=UNUSUAL_DATA[variant])
        outputs.append(run_without_waiting(configure(simulator)))
    compiled, plain = map(records_by_stream, outputs)
    assert compiled == plain
    assert compiled["receipt"]
    assert outputs[0].bookmarks == outputs[1].bookmarks


WITHOUT_EXTENSION = """
import sys
sys.modules["tap_intercom_export.rows.compiled.block_encoder"] = None  # importing it fails
from tap_intercom_export.cli import main
main()
"""
WARNING = "This installation has no compiled encoder"


def run_without_extension(config: Mapping[str, Any]) -> Output:
    """Run the tap as a process in which the extension module cannot be imported."""
    with command(config=config) as (python, *_, option, path):
        completed = subprocess.run(
            [python, "-c", WITHOUT_EXTENSION, option, path],
            capture_output=True,
            text=True,
            check=True,
            env=clean_environment(),
        )
    return Output(completed.returncode, completed.stderr, completed.stdout.splitlines())


@needs_compiled_encoder
def test_without_the_extension_module_a_run_writes_the_same_and_warns_once(
    simulate: Simulate, configure: Configure
) -> None:
    compiled, without = (
        run(configure(simulate(receipts=80, days=20, variant=UNUSUAL_DATA["as production"])))
        for run in (run_tap, run_without_extension)
    )
    assert records_by_stream(without) == records_by_stream(compiled)
    assert without.records("receipt")
    assert without.bookmarks == compiled.bookmarks
    assert (compiled.log.count(WARNING), without.log.count(WARNING)) == (0, 1)


def lengths(output: Output) -> dict[str, int]:
    return {
        stream: len(output.records(stream))
        for stream in output.streams
        if output.records(stream) and stream != "rejected_row"
    }


def test_both_encoders_omit_deselected_properties(
    simulate: Simulate, configure: Configure, catalog: dict[str, Any]
) -> None:
    without = ["receipt.email", "receipt.first_open", "receipt.company_id", "click.url"]
    chosen = select(catalog, "receipt", "click", deselected=without)
    outputs = [
        run_in_process(configure(simulate(receipts=80, days=20), **more), catalog=chosen)
        for more in ({}, {"stream_maps": identity_maps("receipt", "click")})
    ]
    fast, slow = map(records_by_stream, outputs)
    assert fast == slow
    assert {"email", "first_open", "company_id"}.isdisjoint(fast["receipt"][0])
    assert all("url" not in record for record in fast["click"])


def assert_fallback_is_logged(fast: Output, slow: Output) -> None:
    """Check that a run logs once per stream that it uses the SDK's encoder."""
    assert "is written by the SDK" not in fast.log
    assert slow.log.count("'receipt' is written record by record by the SDK") == 1


def test_flattening_gives_the_same_records(simulate: Simulate, configure: Configure) -> None:
    flat = {"flattening_enabled": True, "flattening_max_depth": 1}
    fast = run_in_process(configure(simulate(receipts=80, days=20)))
    slow = run_in_process(configure(simulate(receipts=80, days=20), **flat))
    for stream in ("receipt", "open", "click", "checkpoint", "overview"):
        assert fast.records(stream) == slow.records(stream)
    assert_fallback_is_logged(fast, slow)
    jobs = slow.records("content_export")
    assert all(not isinstance(value, dict) for record in jobs for value in record.values())
