"""Blocks of examples/lake/README.md: run where they are short, else checked word by word.

`tests/integration/test_lake.py` runs the same programs in full.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from lake.example import PYTHON
from tap_intercom_export.tap import TapIntercomExport
from tests.documents.claims import claimed_by
from tests.documents.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path


EXAMPLE = ROOT / "examples" / "lake"
MODULE = re.compile(r"intercom_lake\.(\w+)")

needs_environment = pytest.mark.skipif(
    not PYTHON.exists(), reason="needs the environment of examples/lake: make pytest makes it"
)


def options_of(module: str) -> set[str]:
    """Return the options that a program's source adds to its parser."""
    tree = ast.parse((EXAMPLE / "intercom_lake" / f"{module}.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [c for c in calls if getattr(c.func, "attr", "") == "add_argument"]
    return {str(arg.value) for call in named for arg in call.args if isinstance(arg, ast.Constant)}


def test_lake_diagram_names_programs_and_folders() -> None:
    (block,) = claimed_by("test_lake_diagram_names_programs_and_folders")
    modules = MODULE.findall(block.text)
    assert modules
    assert all((EXAMPLE / "intercom_lake" / f"{name}.py").exists() for name in modules)


def test_lake_is_set_up_by_what_it_has() -> None:
    (block,) = claimed_by("test_lake_is_set_up_by_what_it_has")
    text = block.text
    assert "cp -r examples/lake" in text
    assert (ROOT / "dbt" / "intercom_export" / "dbt_project.yml").exists()
    assert "INTERCOM_DBT_PROJECT" in (EXAMPLE / "intercom_lake" / "dbt.py").read_text()
    (extra,) = re.findall(r"-e '\.\[(\w+)\]'", text)
    assert f"{extra} = [" in (EXAMPLE / "pyproject.toml").read_text()
    (constraints,) = re.findall(r"-c (\S+)", text)
    assert (EXAMPLE / constraints).exists()
    (extras,) = re.findall(r"tap-intercom-export\[(.*?)\]", text)
    optional = (ROOT / "pyproject.toml").read_text()
    assert all(f"\n{name} = [" in optional for name in extras.split(","))


def test_lake_configuration_is_valid() -> None:
    (block,) = claimed_by("test_lake_configuration_is_valid")
    config = json.loads(block.text)
    config["access_token"] = "token"  # noqa: S105 - it opens nothing
    assert TapIntercomExport(config=config).config["batch_config"] == config["batch_config"]


def test_lake_commands_have_such_arguments() -> None:
    (block,) = claimed_by("test_lake_commands_have_such_arguments")
    lines = block.lines
    programs = [line for line in lines if MODULE.search(line)]
    assert [MODULE.findall(line)[0] for line in programs] == [
        "merge",
        "build_duckdb",
        "build_spark",
    ]
    for line in programs:
        options = set(re.findall(r" (--\w+)", line))
        assert options <= options_of(MODULE.findall(line)[0]), line


@needs_environment
def test_lake_table_is_compacted(tmp_path: Path) -> None:
    (block,) = claimed_by("test_lake_table_is_compacted")
    code = block.text
    assert "s3://my-lake/tables/receipt" in code
    code = code.replace("s3://my-lake/tables/receipt", str(tmp_path / "receipt"))
    before = (
        "import pyarrow as pa\n"
        "from deltalake import DeltaTable, write_deltalake\n"
        "for number in range(5):\n"
        f"    write_deltalake({str(tmp_path / 'receipt')!r}, "
        "pa.table({'n': [number]}), mode='append')\n"
    )
    after = "\nprint(len(table.files() if hasattr(table, 'files') else table.file_uris()))\n"
    done = subprocess.run(
        [PYTHON, "-c", before + code + after], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "1"
