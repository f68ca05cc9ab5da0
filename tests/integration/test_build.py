"""What is built from the source, with a C compiler and without."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

ROOT = Path(__file__).parents[2]
UV = Path(sysconfig.get_path("scripts")) / "uv"
COMPILED = (
    f"tap_intercom_export/rows/compiled/block_encoder{sysconfig.get_config_var('EXT_SUFFIX')}"
)
WARNING = "This installation has no compiled encoder"


def build(folder: Path, kind: str, source: Path = ROOT, **environment: str) -> Path:
    """Build a distribution and return its file.

    Args:
        folder: Where to put it.
        kind: `sdist` or `wheel`.
        source: Folder with pyproject.toml.
        environment: Further environment variables.
    """
    done = subprocess.run(
        [str(UV), "build", f"--{kind}", "--python", sys.executable, "--out-dir", str(folder)],
        cwd=source,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if "No solution found" in done.stderr or "Failed to fetch" in done.stderr:
        pytest.skip("what builds a distribution is not to be had: no package index is reached")
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("tap_*")
    return built


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")
def test_wheel_of_the_source_archive_has_the_compiled_encoder(tmp_path: Path) -> None:
    with tarfile.open(build(tmp_path / "sdist", "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.glob("tap_*")
    # compiled for another environment, as in a folder that is copied into an image
    foreign = source / COMPILED.replace("cpython-", "cpython-9")
    foreign.write_bytes(b"")
    wheel = build(tmp_path / "wheel", "wheel", source)
    assert [name for name in names_in(wheel) if name.endswith((".so", ".pyd", ".c"))] == [COMPILED]
    assert "tap_intercom_export/py.typed" in names_in(wheel)
    assert wheel.name.split("-")[2] == f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert not list(source.rglob("*.c"))


def test_without_a_compiler_the_tap_is_installed_and_warns_once(
    tmp_path: Path, simulate: Simulate, configure: Configure
) -> None:
    wheel = build(tmp_path / "wheel", "wheel", CC="/bin/false")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")  # noqa: S202 - our own
    simulator = simulate(receipts=50, days=10)
    (tmp_path / "config.json").write_text(json.dumps(configure(simulator)))
    done = subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", "--config", str(tmp_path / "config.json")],
        cwd=tmp_path / "installed",  # is first in the search path
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(WARNING) == 1
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    receipts = [m for m in messages if m["type"] == "RECORD" and m["stream"] == "receipt"]
    assert len(receipts) == simulator.workspace.counts(simulator.clock.now())["receipt"]
