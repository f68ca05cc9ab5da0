"""Privacy: deselected, excluded and new columns are not written."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from intercom_simulator import ApiVariant, Member, Mutation
from tests.documents.markdown import blocks
from tests.harness.batches import batch_config
from tests.harness.singer import discover_in_process, run_in_process, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Output


PRIVATE = "jane.doe@private.example"
SMALL: dict[str, Any] = {"receipts": 40, "days": 10}

PHONE = ApiVariant(added_columns=(("receipt", "Phone number", PRIVATE),))
COLLECTED = ApiVariant(
    extra_members=(
        Member(
            "collected_email{stamp}.csv",
            f"receipt_id,collected_at,E-mail,email\n1,2025-05-30,{PRIVATE},{PRIVATE}\n".encode(),
        ),
    )
)

# a stream map that changes nothing makes the SDK touch every record
ENCODERS = pytest.mark.parametrize(
    "more",
    [{}, {"stream_maps": {"*": {"created_at": "created_at"}}}],
    ids=["fast", "stream maps"],
)


def run(
    config: dict[str, Any], *streams: str, deselected: tuple[str, ...] = (), **more: Any
) -> Output:
    """Run the tap with some streams selected."""
    catalog = select(discover_in_process(config), *streams, deselected=deselected)
    return run_in_process({**config, **maps_of(streams[:1], more)}, catalog=catalog)


def maps_of(streams: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
    """Apply the map of `*` to some streams."""
    if "*" not in more.get("stream_maps", ()):
        return more
    return {**more, "stream_maps": dict.fromkeys(streams, more["stream_maps"]["*"])}


def output_of(output: Output) -> str:
    return "\n".join(output.lines) + output.log


def properties(output: Output, stream: str) -> set[str]:
    """Return the property names in the schemas and records of a stream."""
    names = {name for schema in output.schemas(stream) for name in schema["properties"]}
    return names.union(*output.records(stream))


# --- new columns


@ENCODERS
def test_new_column_is_omitted_if_any_property_is_deselected(
    simulate: Simulate, configure: Configure, more: dict[str, Any]
) -> None:
    config = configure(simulate(**SMALL, variant=PHONE))
    output = run(config, "receipt", deselected=("receipt.first_click",), **more)
    assert output.records("receipt")
    assert PRIVATE not in output_of(output)
    assert "phone_number" not in properties(output, "receipt")
    (line,) = [line for line in output.log.splitlines() if "phone_number" in line]
    assert "WARNING" in line
    assert "'receipt'" in line
    assert "schema" in line


@ENCODERS
def test_new_column_is_written_if_all_properties_are_selected(
    simulate: Simulate, configure: Configure, more: dict[str, Any]
) -> None:
    output = run(configure(simulate(**SMALL, variant=PHONE)), "receipt", **more)
    assert {record["phone_number"] for record in output.records("receipt")} == {PRIVATE}


@ENCODERS
def test_new_column_is_written_if_catalog_has_it(
    simulate: Simulate, configure: Configure, more: dict[str, Any]
) -> None:
    config = configure(simulate(**SMALL, variant=PHONE))
    catalog = select(discover_in_process(config), "receipt", deselected=("receipt.first_click",))
    (entry,) = [one for one in catalog["streams"] if one["tap_stream_id"] == "receipt"]
    entry["schema"]["properties"]["phone_number"] = {"type": ["string", "null"]}
    output = run_in_process({**config, **maps_of(("receipt",), more)}, catalog=catalog)
    assert {record["phone_number"] for record in output.records("receipt")} == {PRIVATE}
    assert "first_click" not in properties(output, "receipt")


@ENCODERS
def test_known_column_missing_in_older_catalog_is_a_new_column(
    simulate: Simulate, configure: Configure, more: dict[str, Any]
) -> None:
    config = configure(simulate(**SMALL))
    for deselected, expected in (((), True), (("receipt.first_click",), False)):
        catalog = select(discover_in_process(config), "receipt", deselected=deselected)
        (entry,) = [one for one in catalog["streams"] if one["tap_stream_id"] == "receipt"]
        del entry["schema"]["properties"]["email"]
        entry["metadata"] = [
            part for part in entry["metadata"] if part["breadcrumb"][-1:] != ["email"]
        ]
        output = run_in_process({**config, **maps_of(("receipt",), more)}, catalog=catalog)
        assert ("email" in properties(output, "receipt")) is expected
        assert ("New columns in 'receipt' are not written" in output.log) is not expected


def test_attribute_missing_in_older_catalog_is_omitted(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=1, conversations=60), reporting_datasets=["tickets"])
    stream = "reporting_tickets"
    catalog = select(discover_in_process(config), stream, deselected=(f"{stream}.ticket_url",))
    (entry,) = [one for one in catalog["streams"] if one["tap_stream_id"] == stream]
    del entry["schema"]["properties"]["people_brand"]
    entry["metadata"] = [
        part for part in entry["metadata"] if part["breadcrumb"][-1:] != ["people_brand"]
    ]
    output = run_in_process(config, catalog=catalog)
    assert output.records(stream)
    assert "people_brand" not in properties(output, stream)
    assert "people_brand" in output.log


def test_deselected_property_of_assumed_file_is_omitted(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(**SMALL, variant=COLLECTED))
    output = run(config, "collected_email", deselected=("collected_email.email",))
    assert "1" in {record["receipt_id"] for record in output.records("collected_email")}
    assert PRIVATE not in output_of(output)


# --- rows that cannot be read


@ENCODERS
def test_rejected_row_has_no_cells_if_property_is_deselected(
    simulate: Simulate, configure: Configure, more: dict[str, Any]
) -> None:
    damage = Mutation("open", line=1, replace=f"77,{PRIVATE}".encode())
    for deselected, is_kept in (((), True), (("open.event_id", "open.receipt_id"), False)):
        config = configure(
            simulate(**SMALL, variant=ApiVariant(mutations=(damage,))), window_days=60
        )
        output = run(config, "open", "rejected_row", deselected=deselected, **more)
        (record,) = output.loaded("rejected_row")
        assert record["line"] == 2
        assert record["reason"].startswith("opened_at is not a time")
        assert PRIVATE not in output.log
        assert (record["raw"] is not None) is is_kept
        assert (PRIVATE in "\n".join(output.lines)) is is_kept


# --- excluded_columns

EVERYWHERE = ApiVariant(
    added_columns=(
        ("receipt", "Phone number", PRIVATE),
        ("answer_combined", "Your E-Mail?", PRIVATE),
    ),
    extra_members=(
        *COLLECTED.extra_members,
        Member(
            "hologram_view{stamp}.csv", f"receipt_id,Work E-mail,seen\n1,{PRIVATE},x\n".encode()
        ),
    ),
    mutations=(Mutation("click", line=1, replace=f"77,{PRIVATE},x,y".encode()),),
)
PATTERNS = ["*.*e_mail*", "*.*email*", "receipt.phone*"]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"stream_maps": {"*": {"created_at": "created_at"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
    ids=["fast", "stream maps", "flattening"],
)
def test_excluded_columns_are_not_written_anywhere(
    simulate: Simulate, configure: Configure, more: dict[str, Any]
) -> None:
    config = configure(
        simulate(**SMALL, variant=EVERYWHERE), window_days=60, excluded_columns=PATTERNS
    )
    mapped = ("receipt", "answer_combined", "other_statistic", "collected_email", "click")
    output = run_tap({**config, **maps_of(mapped, more)})
    for stream in ("receipt", "answer_combined", "other_statistic", "collected_email"):
        assert output.records(stream), stream
    assert PRIVATE not in output_of(output)
    assert "email" not in properties(output, "receipt")
    assert "email" not in properties(output, "answer_combined")
    assert output.records("rejected_row")


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_excluded_columns_are_not_written_to_batch_files(
    simulate: Simulate, configure: Configure, tmp_path: Path, file_format: str
) -> None:
    batch = batch_config(tmp_path, file_format, compression="none")
    config = configure(
        simulate(**SMALL, variant=EVERYWHERE),
        window_days=60,
        excluded_columns=PATTERNS,
        batch_config=batch,
    )
    output = run_tap(config)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert all(PRIVATE.encode() not in path.read_bytes() for path in files)
    assert PRIVATE not in output_of(output)


def test_pattern_that_matches_no_stream_is_a_warning(
    simulate: Simulate, configure: Configure
) -> None:
    patterns = ["recept.email", "*.email", "open.not_yet"]
    output = run(configure(simulate(**SMALL), excluded_columns=patterns), "receipt")
    (line,) = [line for line in output.log.splitlines() if "matches no stream" in line]
    assert "WARNING" in line
    assert "'recept.email' matches no stream; did you mean receipt" in line


def test_object_property_can_be_excluded(simulate: Simulate, configure: Configure) -> None:
    patterns = ["answer_combined.answers", "other_statistic.row", "rejected_row.raw"]
    config = configure(simulate(**SMALL, variant=EVERYWHERE), excluded_columns=patterns)
    output = run(config)
    for stream, name in (pattern.split(".") for pattern in patterns):
        assert output.records(stream)
        assert name not in properties(output, stream)


def test_nested_keys_matching_pattern_are_omitted_at_any_depth(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(receipts=1)
    config = configure(simulator, custom_object_types=["Order"])
    plain = run(config, "custom_object_instance").records("custom_object_instance")
    keys = {key for record in plain for key in record["custom_attributes"]}
    chosen = min(keys)
    for pattern in (f"*.{chosen}", f"custom_object_instance.custom_attributes.{chosen.upper()}"):
        output = run(config, "custom_object_instance", excluded_columns=[pattern])
        records = output.records("custom_object_instance")
        assert len(records) == len(plain)
        found = {key for record in records for key in record["custom_attributes"]}
        assert found == keys - {chosen}
    assert '"sku"' in json.dumps(plain)
    output = run(config, "custom_object_instance", excluded_columns=["*.sku"])
    assert '"sku"' not in "".join(output.lines)
    assert '"pieces"' in "".join(output.lines)


def test_attributes_of_reports_are_excluded_by_any_of_their_names(
    simulate: Simulate, configure: Configure
) -> None:
    config = configure(simulate(receipts=1, conversations=60), reporting_datasets=["tickets"])
    patterns = ["*.plan #", "reporting_*.people.brand", "*.user_participant_*"]
    everything = properties(run(config, "reporting_tickets"), "reporting_tickets")
    output = run(config, "reporting_tickets", excluded_columns=patterns)
    left_out = everything - properties(output, "reporting_tickets")
    beginnings = ("people_plan_", "people_brand", "user_participant_")
    assert left_out == {name for name in everything if name.startswith(beginnings)}
    assert len(left_out) == 5
    assert output.records("reporting_tickets")


def test_key_properties_cannot_be_excluded(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(**SMALL)
    config = configure(simulator, excluded_columns=["*.user_id"])
    output = run_tap(config, check=False)
    assert output.exit_code
    assert "excluded_columns matches checkpoint.user_id" in output.log
    assert "Traceback" not in output.log
    assert not simulator.jobs
    catalog = select(discover_in_process(config), "receipt", "open")
    output = run_in_process(config, catalog=catalog)
    assert "user_id" not in properties(output, "receipt")


def test_records_are_equal_except_for_excluded_columns(
    simulate: Simulate, configure: Configure
) -> None:
    everything = run(configure(simulate(**SMALL)), "receipt", "open").records("receipt")
    config = configure(simulate(**SMALL), excluded_columns=["receipt.name", "receipt.first_*"])
    records = run(config, "receipt", "open").records("receipt")
    assert records == [
        {
            name: value
            for name, value in record.items()
            if name != "name" and not name.startswith("first_")
        }
        for record in everything
    ]


# --- hashing with stream maps, as docs/privacy.md shows it


def test_stream_maps_hash_and_remove(simulate: Simulate, configure: Configure) -> None:
    (block,) = (b for b in blocks("docs/privacy.md") if "stream_maps" in b.text)
    settings = json.loads(block.text)
    settings["stream_map_config"] = dict.fromkeys(settings["stream_map_config"], "seed")
    plain = run(configure(simulate(**SMALL)), "receipt").records("receipt")
    config = configure(simulate(**SMALL), **settings)
    records = run(config, "receipt").records("receipt")
    assert len(records) == len(plain)
    for before, after in zip(plain, records, strict=True):
        expected = before["email"] and hashlib.md5(f"seed{before['email']}".encode()).hexdigest()  # noqa: S324 - what the docs show
        assert after["email"] == expected
        assert "name" not in after
    assert json.dumps(records).count("@") == 0
