"""Scenarios of reporting exports: unexpected columns, datasets and times."""

from __future__ import annotations

from typing import Any

from intercom_simulator import ApiVariant, Fault, JobFault
from intercom_simulator.reporting.datasets import DATASETS
from tests.faults.scenarios.scenario import UNREADABLE, Expect, Given, Scenario

_STREAM = "reporting_admin_status_change"
_DATASET = DATASETS["admin_status_change"]
_SETTINGS = {"reporting_datasets": [_DATASET.id]}


def _list_of(**changes: Any) -> Fault:
    """Return a fault that replaces the list of datasets."""
    attributes = [
        {"id": one.id, "name": one.name, "qualified_id": one.qualified_id}
        for one in _DATASET.attributes
    ]
    entry = {
        "id": _DATASET.id,
        "name": _DATASET.name,
        "description": _DATASET.description,
        "default_time_attribute_id": _DATASET.time,
        "attributes": attributes,
    } | changes
    body = {"type": "list", "data": [entry]}
    return Fault("reporting_datasets", times=None, status=200, body=body)


def _file(*lines: str) -> Fault:
    """Return a fault that replaces each download of a report."""
    return Fault("reporting_download", times=None, status=200, body="\n".join((*lines, "")))


REPORTS = (
    Scenario(
        "report with other columns",
        "A report has other columns than requested",
        "reads columns by their header; writes an unknown column as a new one, with a warning",
        given=Given(
            settings=_SETTINGS | {"window_days": 60},
            faults=(
                _file("teammate_status_id,teammate_status,teammate_away_reason,mood,x", "1,,,,y"),
            ),
        ),
        expect=Expect(
            records={_STREAM: 1},
            columns={_STREAM: ("mood",)},
            log=("no columns for requested attributes; .*period_started_at",),
        ),
    ),
    Scenario(
        "report with a time beyond year 9999",
        "A time of a report is the last second of the year 9999 in a time zone west of UTC",
        "writes it to the additional text column",
        given=Given(
            settings=_SETTINGS | {"window_days": 60, "reporting_timezone": "America/Sao_Paulo"},
            faults=(
                _file(
                    ",".join(one.id for one in _DATASET.attributes),
                    "2025-05-20 10:00:00,9999-12-31 23:59:59,,1,Away",
                ),
            ),
        ),
        expect=Expect(
            records={_STREAM: 1},
            columns={_STREAM: ("teammate_status_period_ended_at_text",)},
        ),
    ),
    Scenario(
        "dataset without a time",
        "The list of datasets has no time attribute for a dataset",
        "uses the end of the job's range as the bookmark",
        given=Given(settings=_SETTINGS, faults=(_list_of(default_time_attribute_id=None),)),
        expect=Expect(
            columns={_STREAM: ("created_at_before",)},
            log=(f"{_STREAM}: Everything up to 2025-06-01T12:30:00Z is written",),
        ),
    ),
    *(
        Scenario(
            f"list of datasets {name}",
            f"The list of reporting datasets {name}",
            "an error, because streams must not disappear silently",
            given=Given(
                settings={"reporting_datasets": ["*"]},
                faults=(Fault("reporting_datasets", times=None, status=200, body=body),),
            ),
            expect=Expect(exit_code=UNREADABLE, bookmark=False, jobs=0, log=(message,)),
        )
        for name, body, message in (
            ("has no key for its entries", {"type": "list"}, "no list of entries"),
            ("is shorter than its total", {"data": [], "total_count": 9}, "it has 0 entries"),
        )
    ),
    Scenario(
        "report on the host of another region",
        "`download_url` of a report is on the host of another region, which responds with 404",
        "downloads it from the configured host",
        given=Given(settings=_SETTINGS, variant=ApiVariant(download_url="other_region")),
        expect=Expect(log=(f"{_STREAM}: Everything up to 2025-06-01T12:30:00Z is written",)),
    ),
    Scenario(
        "report that fails once",
        "A reporting job fails, once",
        "creates it once more",
        given=Given(
            settings=_SETTINGS, job_faults=(JobFault(export="reporting", ends_as="failed"),)
        ),
        expect=Expect(
            log=(
                "Retrying once",
                f"{_STREAM}: Everything up to 2025-06-01T12:30:00Z is written",
            )
        ),
    ),
)
