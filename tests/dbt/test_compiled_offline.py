from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from demo.project import DBT_PROGRAM, ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("kind", ["snowflake", "bigquery", "redshift"])
def test_models_compile_for_databases_without_a_connection(kind: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [DBT_PROGRAM.with_name("python"), ROOT / "tests/dbt/compile_offline.py", kind, tmp_path],
        env={
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 problems" in done.stdout
