"""Changed file formats: log lines about rows that are not written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from intercom_simulator import ApiVariant, Member, Mutation
from tests.harness.singer import discover_in_process, run_in_process, select

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

SMALL: dict[str, Any] = {"receipts": 40, "days": 10}


def test_log_mentions_rejected_rows_that_are_not_written(
    simulate: Simulate, configure: Configure
) -> None:
    damage = Mutation("open", line=1, replace=b"77,Sep 2 2026")
    config = configure(simulate(**SMALL, variant=ApiVariant(mutations=(damage,))), window_days=60)
    output = run_in_process(config, catalog=select(discover_in_process(config), "open"))
    (line,) = [line for line in output.log.splitlines() if "damaged row" in line]
    assert "WARNING" in line
    assert "they are not written, as rejected_row is not selected" in line
    assert line.endswith("The first: line 2 opened_at is not a time: its format is 'Xxx 9 9999'")


def test_log_mentions_unknown_file_rows_that_are_not_written(
    simulate: Simulate, configure: Configure
) -> None:
    member = Member("hologram_view{stamp}.csv", b"receipt_id,colour\n1,teal\n2,red\n")
    config = configure(
        simulate(**SMALL, variant=ApiVariant(extra_members=(member,))), window_days=60
    )
    output = run_in_process(config, catalog=select(discover_in_process(config), "open"))
    (line,) = [line for line in output.log.splitlines() if "hologram_view" in line]
    assert "WARNING" in line
    assert "with 2 rows" in line
    assert "they are not written, as other_statistic is not selected" in line


def test_next_run_reads_job_with_unreadable_file_again(
    simulate: Simulate, configure: Configure
) -> None:
    variant = ApiVariant(renamed_columns=(("receipt", "received_at", "received"),))
    simulator = simulate(**SMALL, variant=variant)
    config = configure(simulator, window_days=60)
    catalog = select(discover_in_process(config), "receipt", "rejected_row")
    failed = run_in_process(config, catalog=catalog, check=False)
    assert failed.exit_code == 5
    (error,) = [line for line in failed.log.splitlines() if "ERROR" in line]
    assert "max_rejected_percent (50)" in error
    assert "line 2 received_at is empty" in error
    assert "Traceback" not in failed.log
    state = failed.states[-1]
    assert "replication_key_value" not in state["bookmarks"].get("receipt", {})
    assert state["bookmarks"]["content_export"]["job"]
    again = run_in_process({**config, "max_rejected_percent": 100}, catalog=catalog, state=state)
    assert len(simulator.jobs) == 1
    assert len(again.records("rejected_row")) == 40
    assert "replication_key_value" in again.states[-1]["bookmarks"]["receipt"]


def test_event_ids_do_not_depend_on_file_format(simulate: Simulate, configure: Configure) -> None:
    variants = (
        ApiVariant(),
        ApiVariant(time_format="seconds", shuffled_columns=True, shuffled_rows=True),
        ApiVariant(
            time_format="utc",
            line_end="\r\n",
            renamed_columns=(("click", "receipt_id", "Receipt ID"), ("click", "url", " URL ")),
        ),
    )
    found = []
    for variant in variants:
        for window_days in (3, 60):
            config = configure(simulate(**SMALL, variant=variant), window_days=window_days)
            output = run_in_process(
                config, catalog=select(discover_in_process(config), "click", "open")
            )
            found.append(
                {
                    (stream, row["event_id"])
                    for stream in ("click", "open")
                    for row in output.loaded(stream)
                }
            )
    assert found[0]
    assert all(ids == found[0] for ids in found)
