"""The steps of the Dockerfile, run in a new folder without Docker."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness.fixture_types import Configure, Simulate

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile without comments."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def of(stage: int) -> list[tuple[str, str]]:
    """Return the instructions of a build stage, counting from 0."""
    starts = [i for i, (name, _) in enumerate(instructions(DOCKERFILE)) if name == "FROM"]
    ends = [*starts[1:], len(instructions(DOCKERFILE))]
    return instructions(DOCKERFILE)[starts[stage] : ends[stage]]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that represents the root of the image after the first stage."""
    root = tmp_path_factory.mktemp("image")
    work = root / "source"
    work.mkdir()
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for name, rest in of(0):
        if name == "COPY":
            *sources, target = shlex.split(rest)
            for source in sources:
                assert source in allowed, f"{source} is left out by .dockerignore"
                if (ROOT / source).is_dir():
                    ignore = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / source, work / target, ignore=ignore)
                else:
                    shutil.copy(ROOT / source, work / target)
        elif name == "RUN":
            command = re.sub(r"(?<![\w.])/(wheels|opt)", rf"{root}/\1", rest)
            command = re.sub(r"^python ", f"{sys.executable} ", command)
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=work,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(work)  # the second stage does not contain it
    return root


def entrypoint(image: Path) -> list[str]:
    (command,) = [json.loads(rest) for name, rest in of(1) if name == "ENTRYPOINT"]
    return [f"{image}{part}" if part.startswith("/") else part for part in command]


def test_image_runs_the_tap_as_process_1_and_not_as_root() -> None:
    last = of(1)
    names = [name for name, _ in last]
    assert json.loads(dict(last)["ENTRYPOINT"]) == ["/opt/tap/bin/tap-intercom-export"]
    assert json.loads(dict(last)["CMD"]) == ["--help"]
    assert dict(last)["USER"] not in {"root", "0"}
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "SHELL" not in names


def test_image_steps_install_working_tap(
    image: Path, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    version = subprocess.run(
        [*entrypoint(image), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert version.startswith("tap-intercom-export v")
    simulator = simulate(receipts=50, days=10)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(configure(simulator)))
    done = subprocess.run(
        [*entrypoint(image), "--config", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "no compiled encoder" not in done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    receipts = [m for m in messages if m["type"] == "RECORD" and m["stream"] == "receipt"]
    assert len(receipts) == simulator.workspace.counts(simulator.clock.now())["receipt"]


def test_sigterm_reaches_the_tap(
    image: Path, simulate: Simulate, configure: Configure, tmp_path: Path
) -> None:
    simulator = simulate(receipts=50, days=10, job_seconds=60)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(configure(simulator)))
    with subprocess.Popen(
        [*entrypoint(image), "--config", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as tap:
        deadline = time.monotonic() + 60
        while not simulator.jobs and time.monotonic() < deadline:
            time.sleep(0.05)
        assert simulator.jobs
        tap.send_signal(signal.SIGTERM)
        out, _ = tap.communicate(timeout=30)
    assert tap.returncode == 128 + signal.SIGTERM
    state = json.loads(out.splitlines()[-1])
    job = state["value"]["bookmarks"]["content_export"]["job"]
    assert job["job_identifier"] == simulator.jobs[0].identifier
