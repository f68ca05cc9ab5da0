"""Recognition of CSV files by name and columns, and the catalogue of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_intercom_export.schemas.file_match import (
    schema_by_file_name,
    schema_by_header,
    statistic_name,
)
from tap_intercom_export.schemas.kinds import Kind
from tap_intercom_export.schemas.message_files import MESSAGE_FILES, UNKNOWN_FILE

if TYPE_CHECKING:
    from tap_intercom_export.schemas.columns import FileSchema

OBSERVED_FILES = [
    "receipt",
    "open",
    "click",
    "reply",
    "completion",
    "dismissal",
    "goal_success",
    "series_completion",
    "series_disengagement",
    "series_exit",
    "answer",
    "answer_combined",
    "reaction",
    "unsubscribe",
    "hard_bounce",
    "soft_bounce",
    "tour_step_view",
    "tour_step_failure",
    "fin_step_reached",
    "checkpoint",
    "overview",
]
"""Files in real archives (reference, section 4.2)."""

ASSUMED_FILES = [
    "collected_email",
    "spam_complaint",
    "permission_grant",
    "button_tap",
    "screen_view",
    "webhook_failure",
    "sms_failure",
    "whatsapp_failure",
    "push_failure",
    "email_failure",
    "keyword_reply",
    "people_reached_receipt",
    "checklist_step_receipt",
    "checklist_step_open",
    "checklist_step_click",
    "checklist_step_completion",
    "fin_helpful_answer",
]
"""Files without a public sample (reference, section 4.2)."""

SIMILAR_NAMES = [
    "receipt",
    "answer",
    "answer_combined",
    "open",
    "checklist_step_open",
    "completion",
]
"""Names that are prefixes or suffixes of each other."""

TIMESTAMPS = [
    "_20260401-120000",
    "_20260401_120000",
    "_20260401",
    "_20260401T120000",
    "_20260401120000",
    "_20260401-1200",
    "-20260401-120000",
    "_20260401-120000_2",
    "_2026-04-01",
    "_2026-04-01T12:00:00Z",
    "_20260401T120000Z",
    "_1775044800",
    "_20260401-120000 (1)",
    "_202604",
    "_20260401-120000_part_2",
    "",
]

# From the reference, 4.3
RECEIPT_COLUMNS = [
    "user_id",
    "user_external_id",
    "company_id",
    "company_external_id",
    "email",
    "name",
    "ruleset_id",
    "content_id",
    "content_type",
    "content_title",
    "created_via",
    "device",
    "ruleset_version_id",
    "receipt_id",
    "received_at",
    "conversation_id",
    "series_id",
    "series_title",
    "node_id",
    "first_reply",
    "first_completion",
    "first_series_completion",
    "first_series_disengagement",
    "first_series_exit",
    "first_goal_success",
    "first_tour_step_failure",
    "first_tour_step_view",
    "first_reaction",
    "first_open",
    "first_click",
    "first_dismissal",
    "first_collected_email",
    "first_unsubscribe",
    "first_hard_bounce",
    "first_soft_bounce",
    "first_spam_complaint",
    "first_permission_grant",
    "first_button_tap",
    "first_screen_view",
    "first_webhook_failure",
    "first_sms_failure",
    "first_whatsapp_failure",
    "first_push_failure",
    "first_answer",
    "first_keyword_reply",
    "first_people_reached_receipt",
    "first_checklist_step_receipt",
    "first_checklist_step_open",
    "first_checklist_step_click",
    "first_checklist_step_completion",
    "first_fin_helpful_answer",
    "first_fin_step_reached",
]

# From the reference, 4.2
COLUMNS = {
    "open": "receipt_id opened_at",
    "click": "receipt_id clicked_at link_type url",
    "reply": "receipt_id replied_at",
    "completion": "receipt_id completed_at",
    "dismissal": "receipt_id dismissed_at",
    "goal_success": "receipt_id goal_hit_at",
    "series_completion": "receipt_id completed_at completion_node_ruleset_id",
    "series_disengagement": "receipt_id disengaged_at disengaged_node_ruleset_id",
    "series_exit": "receipt_id exited_at",
    "answer": "receipt_id answered_at question_id question response_type response",
    "answer_combined": (
        "receipt_id user_id user_external_id name email company_id company_external_id "
        "created_via received_at completed_at"
    ),
    "reaction": "receipt_id reacted_at reaction",
    "unsubscribe": "receipt_id unsubscribed_at",
    "hard_bounce": "receipt_id hard_bounced_at",
    "soft_bounce": "receipt_id soft_bounced_at",
    "tour_step_view": "receipt_id step_id viewed_at",
    "tour_step_failure": "receipt_id step_id failed_selector failure_url failed_at",
    "fin_step_reached": (
        "receipt_id involved_at content_id content_type ruleset_id conversation_id"
    ),
    "checkpoint": (
        "user_id company_id series_entry_record_id ruleset_id status_code status_name created_at "
        "last_processed_at expires_at times_processed"
    ),
}

# From the reference, 4.4
OVERVIEW_TEXTS = [
    "ruleset_id",
    "created_at",
    "audience_type",
    "content_title",
    "content_id",
    "content_type",
    "series_id",
    "series_title",
    "state",
    "last_sent_at",
    "last_state_change_by",
    "last_state_change_at",
    "last_edited_by",
    "last_edited_at",
    "url",
]
OVERVIEW_COUNTED = [
    "receipt",
    "reply",
    "completion",
    "goal_success",
    "tour_step_failure",
    "tour_step_view",
    "reaction",
    "open",
    "click",
    "dismissal",
    "collected_email",
    "unsubscribe",
    "hard_bounce",
    "spam_complaint",
    "permission_grant",
    "button_tap",
    "screen_view",
    "webhook_failure",
    "sms_failure",
    "whatsapp_failure",
    "push_failure",
    "answer",
    "keyword_reply",
    "people_reached_receipt",
    "checklist_step_receipt",
    "checklist_step_open",
    "checklist_step_click",
    "checklist_step_completion",
    "fin_helpful_answer",
    "fin_step_reached",
    "email_failure",
]
OVERVIEW_WITHOUT_RATE = {"receipt", "tour_step_view", "keyword_reply"}

every_file = pytest.mark.parametrize(
    "file", [*MESSAGE_FILES.values(), UNKNOWN_FILE], ids=lambda file: file.name
)
every_name = pytest.mark.parametrize("name", [*OBSERVED_FILES, *ASSUMED_FILES])


# --- names of files


@pytest.mark.parametrize("name", SIMILAR_NAMES)
@pytest.mark.parametrize("stamp", TIMESTAMPS)
def test_file_is_recognized_with_any_timestamp(name: str, stamp: str) -> None:
    assert schema_by_file_name(f"{name}{stamp}.csv") is MESSAGE_FILES[name]


@every_name
def test_file_is_recognized_by_name(name: str) -> None:
    assert schema_by_file_name(f"{name}_20260401-120000.csv") is MESSAGE_FILES[name]


@pytest.mark.parametrize("name", SIMILAR_NAMES)
@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param("{}s_20260401-120000.csv", id="plural"),
        pytest.param("{}_1_20260401-120000.csv", id="part before the stamp"),
        pytest.param("{}_12.csv", id="part without a stamp"),
        pytest.param("{}s_2_20260401.csv", id="part of a plural"),
        pytest.param("{}20260401.csv", id="nothing before the stamp"),
        pytest.param("{} (1).csv", id="copy"),
        pytest.param("{}_20260401 - Kopie.csv", id="copy in another language"),
        pytest.param("{}_Part 3.csv", id="part in words"),
        pytest.param("export/2026/{}_20260401.csv", id="folders"),
        pytest.param("export\\{}_20260401.csv", id="folders of Windows"),
        pytest.param("./{}.csv", id="this folder"),
        pytest.param("{}_20260401.csv.gz", id="gzip"),
        pytest.param("{}", id="no ending"),
    ],
)
def test_file_is_recognized_in_any_spelling(name: str, spelling: str) -> None:
    assert schema_by_file_name(spelling.format(name)) is MESSAGE_FILES[name]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("replies_20260401.csv", "reply"),
        ("Replies_20260401.CSV", "reply"),
        ("Keyword Replies 2026-04-01.csv", "keyword_reply"),
        ("series-exit_20260401.csv", "series_exit"),
        ("goal_successes_20260401.csv", "goal_success"),
        ("answer_combined_20260401.csv", "answer_combined"),
    ],
)
def test_file_is_recognized_in_plural_and_with_other_separators(path: str, name: str) -> None:
    assert schema_by_file_name(path) is MESSAGE_FILES[name]


@given(st.sampled_from(OBSERVED_FILES + ASSUMED_FILES), st.sampled_from(TIMESTAMPS), st.data())
def test_file_is_recognized_in_any_case(name: str, stamp: str, data: st.DataObject) -> None:
    path = f"{name}{stamp}.csv"
    upper = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    mixed = "".join(c.upper() if up else c for c, up in zip(path, upper, strict=True))
    assert schema_by_file_name(mixed) is MESSAGE_FILES[name]


@pytest.mark.parametrize(
    "path",
    [
        "answered_20260401.csv",
        "answer_combined_extra_20260401.csv",
        "my_open_20260401.csv",
        "open_rate_20260401.csv",
        "receipt_summary.csv",
        "checklist_step_20260401.csv",
        "step_open_20260401.csv",
        "novelty_20260401.csv",
        "receiptss.csv",
        "other.csv",
    ],
)
def test_unknown_name_is_other_statistic(path: str) -> None:
    assert schema_by_file_name(path) is UNKNOWN_FILE


@pytest.mark.parametrize("path", ["", ".csv", "_20260401.csv", "folder/"])
def test_name_without_statistic_is_no_match(path: str) -> None:
    expected = None if path != "folder/" else UNKNOWN_FILE
    assert schema_by_file_name(path) is expected


@pytest.mark.parametrize("stamp", TIMESTAMPS)
def test_statistic_name_has_no_timestamp(stamp: str) -> None:
    assert statistic_name(f"Exports/Novelty{stamp}.CSV") == "novelty"


@given(st.text())
def test_any_path_is_known_other_or_no_file(path: str) -> None:
    found = schema_by_file_name(path)
    assert found is None or found is UNKNOWN_FILE or found in MESSAGE_FILES.values()


# --- files without a name


@pytest.mark.parametrize("name", OBSERVED_FILES)
@pytest.mark.parametrize("step", [1, -1], ids=["in order", "turned round"])
def test_unnamed_file_is_recognized_by_columns(name: str, step: int) -> None:
    header = [column.name for column in MESSAGE_FILES[name].columns]
    assert schema_by_header(header[::step]).name == name


def test_receipt_of_2024_is_recognized_by_columns() -> None:
    assert schema_by_header(RECEIPT_COLUMNS[:-1]).name == "receipt"


def test_documented_click_is_recognized_by_columns() -> None:
    assert schema_by_header(["receipt_id", "clicked_at"]).name == "click"


@pytest.mark.parametrize("questions", [0, 3, 12, 200])
def test_survey_is_recognized_by_columns_with_any_number_of_questions(questions: int) -> None:
    header = [*COLUMNS["answer_combined"].split(), *(f"Question {n}?" for n in range(questions))]
    assert schema_by_header(header).name == "answer_combined"


@pytest.mark.parametrize("name", OBSERVED_FILES)
def test_file_is_recognized_by_columns_in_any_spelling(name: str) -> None:
    header = [column.name.upper().replace("_", " ") for column in MESSAGE_FILES[name].columns]
    assert schema_by_header(header).name == name


@pytest.mark.parametrize("is_named", [False, True])
@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("receipt_id received_at", "receipt"),
        ("receipt_id received_at email new", "receipt"),
        ("receipt_id opened_at", "open"),
        ("user_id series_entry_record_id ruleset_id new", "checkpoint"),
        ("receipt_id answered_at question_id", "answer"),
        ("receipt_id viewed_at step_id", "tour_step_view"),
    ],
)
def test_file_is_recognized_by_few_columns(header: str, name: str, is_named: bool) -> None:  # noqa: FBT001
    assert schema_by_header(header.split(), is_named=is_named).name == name


@pytest.mark.parametrize(
    ("header", "unnamed"),
    [
        pytest.param("receipt_id completed_at", "completion", id="columns of several files"),
        pytest.param("receipt_id opened_at colour", "open", id="a column more"),
    ],
)
def test_new_name_with_columns_of_an_event_is_other_statistic(header: str, unnamed: str) -> None:
    assert schema_by_header(header.split()).name == unnamed
    assert schema_by_header(header.split(), is_named=True) is UNKNOWN_FILE


@pytest.mark.parametrize(
    "header",
    [[], [""], ["receipt_id"], ["a", "b"], ["receipt_id", "seen_at"], ["user_id", "email"]],
)
def test_header_that_matches_no_file_is_other_statistic(header: list[str]) -> None:
    assert schema_by_header(header) is UNKNOWN_FILE


# --- the catalogue


def test_catalogue_has_21_observed_and_17_assumed_files() -> None:
    assert (len(OBSERVED_FILES), len(ASSUMED_FILES)) == (21, 17)
    assert set(MESSAGE_FILES) == {*OBSERVED_FILES, *ASSUMED_FILES}


def test_receipt_has_its_52_columns_in_order() -> None:
    assert len(RECEIPT_COLUMNS) == 52
    assert [column.name for column in MESSAGE_FILES["receipt"].columns] == RECEIPT_COLUMNS


@pytest.mark.parametrize("name", COLUMNS)
def test_file_has_the_columns_of_real_archives_in_order(name: str) -> None:
    assert [column.name for column in MESSAGE_FILES[name].columns] == COLUMNS[name].split()


def test_overview_has_its_columns_in_order() -> None:
    counters = [
        f"{statistic}_{measure}"
        for statistic in OVERVIEW_COUNTED
        for measure in ("total", "unique", "rate")
        if measure != "rate" or statistic not in OVERVIEW_WITHOUT_RATE
    ]
    columns = [column.name for column in MESSAGE_FILES["overview"].columns]
    assert columns == [*OVERVIEW_TEXTS, *counters]


@pytest.mark.parametrize("name", ASSUMED_FILES)
def test_assumed_file_has_receipt_id_and_any_other_columns(name: str) -> None:
    names = [column.name for column in MESSAGE_FILES[name].columns]
    assert names[0] == "receipt_id"
    assert {"email", "name", "phone", "device_token", "url", "user_id"} <= set(names)
    assert MESSAGE_FILES[name].fold_into == ""


@every_file
def test_every_property_is_described_in_a_sentence(file: FileSchema) -> None:
    for column in file.properties:
        assert column.description.endswith((".", "…")), column


@every_file
def test_every_file_is_described_in_a_sentence(file: FileSchema) -> None:
    assert file.description.endswith(".")


@every_file
def test_no_property_of_a_file_repeats(file: FileSchema) -> None:
    names = [column.name for column in file.properties]
    assert len(set(names)) == len(names)


@every_file
def test_key_of_a_file_is_among_its_properties(file: FileSchema) -> None:
    assert file.key
    assert set(file.key) <= {column.name for column in file.properties}


@every_file
def test_every_file_has_the_time_created_at(file: FileSchema) -> None:
    kinds = {column.name: column.kind for column in file.properties}
    assert kinds["created_at"] is Kind.TIME


@every_file
def test_time_and_required_names_are_columns(file: FileSchema) -> None:
    kinds = {column.name: column.kind for column in file.columns}
    assert all(kinds[name] is Kind.TIME for name in file.time or ())
    assert set(file.required) <= set(kinds)


@every_file
def test_every_column_that_ends_in_at_or_begins_with_first_is_a_time(file: FileSchema) -> None:
    for column in file.columns:
        is_time = column.name.endswith("_at") or column.name.startswith("first_")
        assert (column.kind is Kind.TIME) == is_time, column.name


@every_file
def test_every_column_that_ends_in_id_is_an_identifier(file: FileSchema) -> None:
    for column in file.columns:
        if column.name.endswith("_id"):
            assert column.kind in {Kind.ID, Kind.OPTIONAL_ID}, column.name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("receipt", {"receipt_id"}),
        ("open", {"event_id"}),
        ("click", {"event_id"}),
        ("answer_combined", {"receipt_id"}),
        ("checkpoint", {"series_entry_record_id", "ruleset_id", "user_id"}),
        ("overview", {"ruleset_id", "content_id", "created_at_after", "created_at_before"}),
        ("sms_failure", {"event_id"}),
    ],
)
def test_stream_has_expected_key(name: str, key: set[str]) -> None:
    assert set(MESSAGE_FILES[name].key) == key
