"""Files of a report: containers, columns, cells, time zone, language."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from intercom_simulator import ApiVariant, Mutation, Simulator
from intercom_simulator.reporting.datasets import DATASETS
from tests.simulator.api import DAY_SECONDS, END, NOW
from tests.simulator.reporting.report_requests import IDS, download, enqueue, report


@pytest.mark.parametrize("container", ["gzip", "tar.gz", "zip", "csv", "encoded"])
def test_report_is_sent_in_any_container(sim: Simulator, container: Any) -> None:
    sim.variant = ApiVariant(reporting_container=container)
    response = download(sim, enqueue(sim).json()["job_identifier"])
    body = io.BytesIO(response.content)
    if container == "gzip":
        text = gzip.decompress(body.getvalue())
    elif container == "tar.gz":
        with tarfile.open(fileobj=body) as archive:
            (member,) = archive.getmembers()
            assert member.name == "conversation_20260301-120000.csv"
            file = archive.extractfile(member)
            assert file is not None
            text = file.read()
    elif container == "zip":
        with zipfile.ZipFile(body) as zipped:
            (name,) = zipped.namelist()
            text = zipped.read(name)
    else:
        text = body.getvalue()
    encoding = "gzip" if container == "encoded" else None
    assert response.headers.get("Content-Encoding") == encoding
    assert text.startswith(b"conversation_id,conversation_started_at\n")


def test_columns_have_requested_order_and_plain_ids(sim: Simulator) -> None:
    asked = ("people.Plan #", "channel", "standard.conversation_id", "conversation.Brand")
    assert report(sim, attributes=asked)[0] == ["Plan #", "channel", "conversation_id", "Brand"]


def test_repeated_plain_ids_select_attributes_in_order(sim: Simulator) -> None:
    titles = [one for one in DATASETS["tickets"].attributes if one.id == "_default_title_"]
    plain = report(sim, "tickets", ("_default_title_",) * 12, version="2.14")
    qualified = report(sim, "tickets", tuple(one.qualified_id for one in titles))
    assert plain == qualified
    assert plain[0] == ["_default_title_"] * 12
    columns = list(zip(*plain[1:], strict=True))
    assert len(set(columns)) > 6
    assert max(sum(map(bool, row)) for row in plain[1:]) == 1


def test_cells_equal_expected_rows(sim: Simulator) -> None:
    for dataset in sim.reporting.datasets.values():
        ids = tuple(one.qualified_id for one in dataset.attributes)
        head, *lines = report(sim, dataset.id, ids)
        assert head == [one.id for one in dataset.attributes]
        expected_rows = sim.reporting.expected_rows(dataset.id, END)
        assert lines
        assert [_parsed(ids, line) for line in lines] == expected_rows


def _parsed(ids: tuple[str, ...], line: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in zip(ids, line, strict=True):
        if text in {"", "-"}:
            found[name] = None
        elif name.startswith("timestamp."):
            found[name] = datetime.strptime(f"{text}Z", "%Y-%m-%d %H:%M:%S%z")
        elif name.startswith("duration."):
            found[name] = float(text)
        else:
            found[name] = text
    return found


def test_times_are_those_of_the_workspaces_zone() -> None:
    zone = "America/Sao_Paulo"
    with Simulator(receipts=0, end=END, conversations=9, reporting_timezone=zone) as sim:
        times = [line[1] for line in report(sim)[1:]]
        expected_rows = sim.reporting.expected_rows("conversation", END)
    local = [row[IDS[1]].astimezone(ZoneInfo(zone)) for row in expected_rows]
    assert times == [f"{at:%Y-%m-%d %H:%M:%S}" for at in local]
    assert expected_rows[0][IDS[1]].utcoffset() == timedelta()


def test_unknown_zone_is_refused_at_once() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Simulator(reporting_timezone="Atlantis/Capital")


def test_labels_are_in_the_workspaces_language() -> None:
    with Simulator(receipts=0, end=END, conversations=60, reporting_language="pt") as sim:
        parts = sim.reporting.expected_rows("consolidated_conversation_part", END)
        lines = report(sim, attributes=("channel", "current_conversation_state", "Région"))
    actions = {row["standard.action_type"] for row in parts}
    assert {"Fechar", "Responder", "Responder, Fechar"} <= actions
    assert lines[0] == ["channel", "current_conversation_state", "Région"]
    assert {"Conversa", "Toque", "WhatsApp"} <= {line[0] for line in lines}
    assert {"Aberta", "Fechada"} <= {line[1] for line in lines}


def test_mutation_damages_a_report(sim: Simulator) -> None:
    sim.variant = ApiVariant(mutations=(Mutation("conversation", line=1, replace=b"only one"),))
    assert report(sim)[1] == ["only one"]


def test_report_without_rows_has_header_only(sim: Simulator) -> None:
    span = (NOW - 300 * DAY_SECONDS, NOW - 299 * DAY_SECONDS)
    assert report(sim, span=span) == [["conversation_id", "conversation_started_at"]]


def test_variant_may_have_one_action_per_conversation(sim: Simulator) -> None:
    sim.variant = ApiVariant(reporting_last_parts_only=True)
    columns = ("conversation_id", "action_id")
    span = (int((END - timedelta(days=30)).timestamp()), int(END.timestamp()))
    header, *rows = report(sim, "consolidated_conversation_part", columns, span)
    assert header == list(columns)
    assert len({conversation for conversation, _ in rows}) == len(rows) > 10
    last: dict[str, str] = {}
    for row in sim.reporting.expected_rows("consolidated_conversation_part", END):
        last[row["standard.conversation_id"]] = row["standard.action_id"]
    assert rows == [[name, last[name]] for name, _ in rows]
