"""Runs the dbt package of this repository on the tables of the lake, with any engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dbt.cli.main import dbtRunner

if TYPE_CHECKING:
    from collections.abc import Sequence

RAW = "tap_intercom_export"
"""Schema of the source tables."""

MARTS = "intercom"
"""Schema of the models."""

SELECT = ("+messages", "+content_daily")
"""Default selection: two marts and the models they depend on."""

_HERE = Path(__file__).resolve().parents[1]
_PACKAGE = (_HERE / "../../dbt/intercom_export").resolve()


def build(target: str, folder: Path, select: Sequence[str]) -> None:
    """Run dbt in this process, so that it uses the Spark session of this process.

    Args:
        target: `duckdb` or `spark`, as in profiles.yml.
        folder: Folder for dbt's target path and log.
        select: Models to build, as in `dbt run --select`.

    Raises:
        RuntimeError: dbt failed.
    """
    project = os.environ.get("INTERCOM_DBT_PROJECT", str(_PACKAGE))
    done = dbtRunner().invoke(
        [
            "run",
            f"--target={target}",
            f"--project-dir={project}",
            f"--profiles-dir={_HERE}",
            f"--target-path={folder / 'target'}",
            f"--log-path={folder / 'logs'}",
            f"--vars={{intercom_export_schema: {RAW}}}",
            "--log-level=warn",
            "--select",
            *select,
        ]
    )
    if not done.success:
        results = [] if done.exception else list(done.result)
        failed = [f"{one.node.name}: {one.message}" for one in results if one.status == "error"]
        raise RuntimeError(f"dbt: {done.exception or '; '.join(failed)}")
