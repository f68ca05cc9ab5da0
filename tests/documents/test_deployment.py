"""docs/deployment.md followed from the first workspace to the fleet, against the simulator."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
import yaml
from intercom_fleet.sync import Sync
from intercom_fleet.workspaces import Secret, Workspace

from fleet.engine import EXAMPLE
from tests.documents.claims import claimed_by
from tests.documents.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from tests.documents.conftest import Shell
    from tests.harness.fixture_types import Simulate

pytestmark = [pytest.mark.timeout(600), pytest.mark.meltano]


def test_copied_project_requires_what_is_installed() -> None:
    (block,) = claimed_by("test_copied_project_requires_what_is_installed")
    file, folder = re.findall(r"cp (\S+) (\S+) && cd \2", block.text)[0]
    assert folder.startswith("/srv/")
    project = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    assert [one["name"] for one in project["environments"]] == ["prod"]
    for plugins in project["plugins"].values():
        for plugin in plugins:
            assert (
                "pip_url" not in plugin
            )  # Meltano would look for it in the folder of each workspace
    installed = re.findall(r"pip install (.+) /path/to/tap-intercom-export", block.text)[0].split()
    wanted = (EXAMPLE / "meltano.in").read_text(encoding="utf-8").splitlines()
    assert set(installed) == {re.split(r"\[", line)[0] for line in wanted if line[:7] == "meltano"}


def test_script_syncs_workspaces_and_the_fleet_continues(
    simulate: Simulate,
    postgres: Postgres,
    database: str,
    shell: Shell,
    tmp_path: Path,
) -> None:
    blocks = claimed_by("test_script_syncs_workspaces_and_the_fleet_continues")
    settings, script, copy = (block.text for block in blocks)
    (tmp_path / "meltano.yml").write_text((EXAMPLE / "meltano.yml").read_text(encoding="utf-8"))
    (tmp_path / "sync-workspace").write_text(script)
    (tmp_path / "sync-workspace").chmod(0o700)
    workspaces = {
        "acme_us": simulate(receipts=60, days=10),
        "acme_eu": simulate(receipts=40, days=10),
    }
    for workspace, simulator in workspaces.items():
        address = postgres.url(database, "postgresql+psycopg")
        text = settings.replace("dG9rOmFi…", simulator.token).replace("acme_us", workspace)
        text = re.sub(r"postgresql\+psycopg://[^']*", lambda _: address, text)  # noqa: B023 - called at once
        text = text.replace("=2026-01-01", "=2025-05-01")
        assert address in text
        text += f"TAP_INTERCOM_EXPORT_API_URL={simulator.url}\n"
        text += f"TAP_INTERCOM_EXPORT_END_DATE={simulator.clock.now():%Y-%m-%dT%H:%M:%SZ}\n"
        (tmp_path / f"{workspace}.env").write_text(text)

    shell(
        *(f'./sync-workspace {workspace} & pids="${{pids-}} $!"' for workspace in workspaces),
        "for pid in $pids; do wait $pid; done",
    )

    with psycopg.connect(postgres.url(database)) as connection:
        for workspace, simulator in workspaces.items():
            found = connection.execute(
                f"select count(*) from intercom_{workspace}.receipt".encode()
            ).fetchone()
            assert found == (
                len(simulator.workspace.expected_rows("receipt", simulator.clock.now())),
            )

    state_id = Sync(
        Workspace("acme_us", Secret("env", "X"), "2025-05-01"), "content", tmp_path, tmp_path
    ).state_id
    printed = shell(
        copy,
        f"meltano --environment=prod state get {state_id} 2> /dev/null",
        MELTANO_SYS_DIR_ROOT=str(tmp_path / ".meltano" / "acme_us"),
    )
    state = json.loads(printed.splitlines()[-1])["singer_state"]
    assert state["bookmarks"]["receipt"]["replication_key_value"] == "2025-06-01T12:30:00Z"
