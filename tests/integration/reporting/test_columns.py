"""Attributes and columns: refused attributes, matching of headers."""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from intercom_simulator import ApiVariant, Fault, Mutation, Simulator
from intercom_simulator.reporting.datasets import DATASETS
from tap_intercom_export.errors import AttributesRefusedError, TapError
from tap_intercom_export.intercom import ReportingRequest
from tap_intercom_export.rows import DamagedRow, Encoder, RowReader
from tap_intercom_export.schemas import match_header
from tap_intercom_export.schemas.reporting_dataset import Attribute, Dataset
from tests.harness.expected_reporting import reporting_properties, reporting_rows
from tests.harness.expected_rows import row_differences
from tests.harness.stopped_simulator import END
from tests.integration.reporting.reporting_runs import (
    SMALL,
    attribute_ids,
    dataset_differences,
    run,
)

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate
    from tests.harness.singer import Output


REFUSED = (
    "ticket-type-7002._default_title_",
    "people.Brand",
    "duration.ticket_time_to_resolve",
)


def ticket_differences(simulator: Simulator, output: Output, refused: tuple[str, ...]) -> list[str]:
    """Return the differences of `tickets` if attributes were refused."""
    stream = "reporting_tickets"
    schema = output.schemas(stream)[0]["properties"]
    properties = reporting_properties(simulator, "tickets", schema)
    expected_rows = [
        {**row, **dict.fromkeys(refused)}
        for row in simulator.reporting.expected_rows("tickets", END)
    ]
    return row_differences(expected_rows, reporting_rows(output.loaded(stream), properties))


def test_refused_attributes_are_omitted_and_logged(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, variant=ApiVariant(refused_attributes=REFUSED))
    output = run(configure(simulator, reporting_datasets=["tickets"], window_days=60))
    assert ticket_differences(simulator, output, REFUSED) == []
    (line,) = [line for line in output.log.splitlines() if "refuses attributes" in line]
    assert "WARNING" in line
    assert all(name in line for name in REFUSED)
    assert [len(ids) for ids in attribute_ids(simulator)] == [
        len(DATASETS["tickets"].attributes),
        len(DATASETS["tickets"].attributes) - len(REFUSED),
    ]


def test_refused_attributes_of_several_windows_at_once(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(
        **SMALL,
        variant=ApiVariant(refused_attributes=REFUSED),
        # all requests are sent before the first one is refused
        faults=[
            Fault("reporting_create", delay_seconds=0.1),
            Fault("reporting_create", delay_seconds=0.5),
        ],
    )
    config = configure(simulator, reporting_datasets=["tickets"], window_days=10)
    output = run(config)
    assert ticket_differences(simulator, output, REFUSED) == []
    assert output.log.count("refuses attributes") == 1


def test_attributes_that_are_refused_one_after_another_are_all_omitted(
    simulate: Simulate, configure: Configure
) -> None:
    """The API may name only the first invalid attribute."""
    errors = [
        {"type": "error.list", "errors": [{"code": "bad_request", "message": message}]}
        for message in (f"attribute_ids invalid for tickets dataset: {name}" for name in REFUSED)
    ]
    faults = [Fault("reporting_create", status=400, body=body) for body in errors]
    simulator = simulate(**SMALL, faults=faults)
    output = run(configure(simulator, reporting_datasets=["tickets"], window_days=60))
    assert ticket_differences(simulator, output, REFUSED) == []
    number = len(DATASETS["tickets"].attributes)
    assert [len(ids) for ids in attribute_ids(simulator)] == [
        number,
        number - 1,
        number - 2,
        number - 3,
    ]


def test_attribute_that_is_refused_although_not_requested_is_an_error(
    simulate: Simulate, configure: Configure
) -> None:
    message = f"attribute_ids invalid for tickets dataset: {REFUSED[0]}"
    body = {"type": "error.list", "errors": [{"code": "bad_request", "message": message}]}
    simulator = simulate(**SMALL, faults=[Fault("reporting_create", 9, status=400, body=body)])
    config = configure(simulator, reporting_datasets=["tickets"], window_days=60)
    output = run(config, check=False)
    assert output.exit_code == 3
    assert message in output.log
    assert len(attribute_ids(simulator)) == 2


def test_refused_names_may_contain_the_separator() -> None:
    names = ("people.Plan", "people.Plan, new", "people.a, b, c", "people.Other")
    attributes = tuple(Attribute(name[7:], name[7:], name) for name in names)
    request = ReportingRequest(Dataset("tickets", "", "", "", attributes))
    error = AttributesRefusedError("", "people.Plan, new, people.gone, people.a, b, c")
    assert request.api.drop_refused_attributes(error)
    assert request.api.body(0, 1)["attribute_ids"] == ["people.Plan", "people.Other"]


def test_job_without_refused_attributes_is_resumed(
    simulate: Simulate, configure: Configure
) -> None:
    simulator = simulate(**SMALL, variant=ApiVariant(refused_attributes=REFUSED))
    config = configure(simulator, reporting_datasets=["tickets"], window_days=60)
    state = run(config).states[0]
    output = run(config, state=state)
    assert len(simulator.reporting_jobs) <= 2
    assert ticket_differences(simulator, output, REFUSED) == []


def test_permanently_refused_request_is_an_error(simulate: Simulate, configure: Configure) -> None:
    ids = tuple(one.qualified_id for one in DATASETS["call"].attributes)
    simulator = simulate(**SMALL, variant=ApiVariant(refused_attributes=ids))
    output = run(configure(simulator, reporting_datasets=["call"]), check=False)
    assert output.exit_code == 3
    assert "attribute_ids invalid for call dataset" in output.log


def test_unknown_headers_are_matched_by_position(simulate: Simulate, configure: Configure) -> None:
    number = len(DATASETS["tickets"].attributes)
    header = ",".join(f"Atributo {place % 100}" for place in range(number)).encode()
    variant = ApiVariant(mutations=(Mutation("tickets", line=0, replace=header),))
    simulator = simulate(**SMALL, variant=variant)
    output = run(configure(simulator, reporting_datasets=["tickets"]))
    assert dataset_differences(simulator, "tickets", output) == []
    assert len(output.schemas("reporting_tickets")) == 1


RATED = Dataset(
    id="conversation",
    name="Conversation",
    description="",
    time_attribute="conversation_started_at",
    attributes=(
        Attribute("conversation_id", "Conversation ID", "standard.conversation_id"),
        Attribute("conversation_started_at", "Started at", "timestamp.conversation_started_at"),
        Attribute("cvd_1", "Topic", "conversation.Topic"),
    ),
)


def without_hash(name: str) -> str:
    """Return the name of a property with its hash suffix replaced by `#`."""
    return re.sub(r"_[0-9a-f]{8}$", "_#", name)


def matched(*header: str, refused: tuple[str, ...] = ()) -> list[str]:
    return [column.name for column in match_header(RATED, refused, list(header), RATED.file)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("x", "y", "z"), ["conversation_id", "conversation_started_at", "conversation_topic"]),
        (
            ("conversation_id", "y", "z"),
            ["conversation_id", "conversation_started_at", "conversation_topic"],
        ),
        (("x", "Topic", "z"), ["conversation_id", "conversation_topic", "z"]),
        (
            ("conversation_started_at", "conversation_id", "Tema"),
            ["conversation_started_at", "conversation_id", "conversation_topic"],
        ),
        (("Topic", "conversation_id"), ["conversation_topic", "conversation_id"]),
        (
            ("Conversation_ID", "STARTED AT ", "standard.x"),
            ["conversation_id", "conversation_started_at", "conversation_topic"],
        ),
    ],
    ids=[
        "none known",
        "one known",
        "one known elsewhere",
        "another order",
        "fewer",
        "other capitals",
    ],
)
def test_columns_are_matched_by_label_then_by_position(
    header: tuple[str, ...], expected: list[str]
) -> None:
    assert matched(*header) == expected


BRANDED = Dataset(
    id="another",
    name="Another",
    description="",
    time_attribute="",
    attributes=tuple(Attribute(name, name, "") for name in ("brand", "channel", "team")),
)


@pytest.mark.parametrize(
    ("header", "refused", "expected"),
    [
        (("channel", "team"), ("team",), ["channel", "team"]),
        (("channel", "mood"), ("team",), ["channel", "mood"]),
        (("mood", "channel"), ("team",), ["brand", "channel"]),
        (("channel", "channel"), ("team",), ["channel_#", "channel"]),
        (("team", "team", "x"), (), ["team", "team_#", "x"]),
        (("team", "brand", "channel"), (), ["team", "brand", "channel"]),
    ],
)
def test_column_is_not_matched_to_other_attribute_than_its_label(
    header: tuple[str, ...], refused: tuple[str, ...], expected: list[str]
) -> None:
    columns = match_header(BRANDED, refused, list(header), BRANDED.file)
    assert [without_hash(column.name) for column in columns] == expected


def test_repeated_labels_match_attributes_in_order() -> None:
    titles = Dataset(
        id="titles",
        name="Titles",
        description="",
        time_attribute="",
        attributes=(
            *(Attribute("title", "Title", f"type-{number}.title") for number in (1, 2, 3)),
            Attribute("brand", "Brand", "people.brand"),
        ),
    )
    header = ["brand", "title", "title", "title"]
    names = [column.name for column in match_header(titles, (), header, titles.file)]
    assert names == ["people_brand", "type_1_title", "type_2_title", "type_3_title"]


def test_rows_without_an_id_are_rejected() -> None:
    """With an empty id, they would overwrite each other in the target."""
    damaged: list[DamagedRow] = []
    source = io.BytesIO(b"conversation_id,conversation_started_at,Topic\n1,,a\n,,b\n,,c\n")
    reader = RowReader(source, RATED.file, {}, damaged.append, partial(match_header, RATED, ()))
    records = [line for lines in Encoder(reader, "", "\n", set()).lines() for line in [lines.data]]
    assert b"".join(records).count(b"\n") == 1
    assert [(row.line, row.reason) for row in damaged] == [
        (3, "conversation_id is empty"),
        (4, "conversation_id is empty"),
    ]


def test_file_without_header_is_not_matched_by_its_first_row() -> None:
    """It has as many cells as there are attributes, like a header in another language."""
    with pytest.raises(TapError, match="reporting_conversation has no header"):
        matched("215", "2026-01-01 05:00:00", "Billing")


def test_missing_key_column_is_an_error_with_equal_column_count() -> None:
    with pytest.raises(TapError, match="no column conversation_id"):
        matched("conversation_started_at", "Tema", refused=("standard.conversation_id",))


def test_repeated_headers_lose_nothing(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=10, conversations=100)
    output = run(configure(simulator, reporting_datasets=["tickets"]))
    assert dataset_differences(simulator, "tickets", output) == []
    titles = {
        name
        for record in output.records("reporting_tickets")
        for name, value in record.items()
        if name.endswith("_default_title") and value is not None
    }
    assert len(titles) > 6


def test_unrequested_column_is_kept(simulate: Simulate, configure: Configure) -> None:
    ids = [one.id for one in DATASETS["admin_status_change"].attributes]
    mutations = (
        Mutation("admin_status_change", line=0, replace=",".join([*ids, "Mood"]).encode()),
        Mutation("admin_status_change", line=1, replace=b"2025-04-25 10:00:00,,,1,Away,sunny"),
    )
    simulator = simulate(**SMALL, variant=ApiVariant(mutations=mutations))
    config = configure(
        simulator,
        reporting_datasets=["admin_status_change"],
        window_days=60,
        max_rejected_percent=100,  # the rows of the simulator have one cell less than the header
    )
    output = run(config, "reporting_admin_status_change", "rejected_row")
    (record,) = output.records("reporting_admin_status_change")
    assert record["mood"] == "sunny"
    assert record["teammate_status"] == "Away"
    assert len(output.records("rejected_row")) > 10
