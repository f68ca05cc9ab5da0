"""Values of the wrong type and damaged rows."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from intercom_simulator import ApiVariant, Fault, Mutation
from intercom_simulator.reporting.datasets import DATASETS
from tests.harness.singer import (
    discover_in_process,
    problems,
)
from tests.harness.stopped_simulator import END
from tests.integration.reporting.reporting_runs import SMALL, dataset_differences, run, schema_of

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate


@pytest.mark.parametrize("mapped", [False, True], ids=["as it is", "mapped"])
@pytest.mark.parametrize("dataset", ["conversation", "conversation_state"])
def test_value_of_wrong_type_is_kept_as_text(
    simulate: Simulate,
    configure: Configure,
    dataset: str,
    mapped: bool,  # noqa: FBT001
) -> None:
    unusual = {"time": "soon", "duration": "3 min", "text": "x"}
    attributes = DATASETS[dataset].attributes
    row = ",".join(unusual[one.kind] for one in attributes).encode()
    mutation = Mutation(dataset, append=row + b"\n")
    simulator = simulate(**SMALL, variant=ApiVariant(mutations=(mutation,)))
    config = configure(simulator, reporting_datasets=[dataset], window_days=60)
    stream = f"reporting_{dataset}"
    if mapped:
        config["stream_maps"] = {stream: {"extra": "'1'"}}
    output = run(config, stream, "rejected_row")
    (record,) = [one for one in output.records(stream) if "soon" in one.values()]
    for name, one in zip(schema_of(discover_in_process(config), dataset), attributes, strict=False):
        if dataset == "conversation" and one.kind != "text":
            assert (record[name], record[f"{name}_text"]) == (None, unusual[one.kind])
    assert Counter(record.values())["soon"] == sum(one.kind == "time" for one in attributes)
    assert Counter(record.values())["3 min"] == sum(one.kind == "duration" for one in attributes)
    assert output.records("rejected_row") == []
    assert len(output.loaded(stream)) == len(simulator.reporting.expected_rows(dataset, END)) + 1


@pytest.mark.parametrize("dataset", ["call", "conversation_state"], ids=["keyed", "hashed"])
@pytest.mark.parametrize("selected", [True, False], ids=["selected", "not selected"])
def test_damaged_row_is_rejected(
    simulate: Simulate,
    configure: Configure,
    dataset: str,
    selected: bool,  # noqa: FBT001
) -> None:
    mutation = Mutation(dataset, append=b'three,"cells",only\n')
    simulator = simulate(**SMALL, variant=ApiVariant(mutations=(mutation,)))
    config = configure(simulator, reporting_datasets=[dataset], window_days=60)
    streams = (f"reporting_{dataset}", *(("rejected_row",) if selected else ()))
    output = run(config, *streams)
    assert dataset_differences(simulator, dataset, output) == []
    assert re.search(r"WARNING.*[Dd]amaged row", output.log)
    rejected = [(r["job_identifier"], r["raw"]) for r in output.records("rejected_row")]
    (job,) = simulator.reporting_jobs
    assert rejected == ([(job.identifier, 'three,"cells",only')] if selected else [])
    assert simulator.jobs == []


def test_damaged_rows_of_both_exports_are_in_one_stream(
    simulate: Simulate, configure: Configure
) -> None:
    mutations = (
        Mutation("call", append=b"reported,badly\n"),
        Mutation("receipt", append=b"sent,badly\n"),
    )
    simulator = simulate(**SMALL, variant=ApiVariant(mutations=mutations))
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    output = run(config, "receipt", "reporting_call", "rejected_row", check=False)
    assert output.exit_code == 0
    assert not [line for line in problems(output) if "rejected_row" not in line]
    raw = {record["raw"] for record in output.records("rejected_row")}
    assert raw == {"reported,badly", "sent,badly"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_rejected_rows_of_two_files_with_one_name_are_both_kept(
    simulate: Simulate, configure: Configure
) -> None:
    """They are on the same line of files with the same name."""
    header = ",".join(one.id for one in DATASETS["call"].attributes)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for raw in ("one,cell", "another,cell"):
            archive.writestr("call.csv", f"{header}\n{raw}\n")
    simulator = simulate(**SMALL)
    body = data.getvalue()
    simulator.faults.add(Fault("reporting_download", body=body, handled=True, times=None))
    config = configure(simulator, reporting_datasets=["call"], window_days=60)
    rows = run(config, "reporting_call", "rejected_row").loaded("rejected_row")
    assert [(row["file"], row["line"], row["raw"]) for row in rows] == [
        ("call.csv", 2, "one,cell"),
        ("call.csv (2)", 2, "another,cell"),
    ]
