"""Shared fixtures: a simulated workspace, a configuration for it, a database."""

from __future__ import annotations

import gc
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from xdist.scheduler import LoadScopeScheduling

from demo.postgres import running_postgres
from intercom_simulator import Clock, Simulator
from tests.harness.browser import browser, chromium  # noqa: F401 - fixtures
from tests.harness.singer import discover
from tests.harness.stopped_simulator import END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.postgres import Postgres
    from tests.harness.fixture_types import Configure, Simulate

SHARED_FIXTURES = (
    "tests/dbt/built/",
    "tests/integration/test_new_meltano_project.py",
    "tests/integration/test_docker.py",
    "tests/integration/test_batch_readers.py::test_target_postgres_loads",
    "tests/integration/test_fleet.py",
    "tests/integration/test_fleet_checks.py",
    "tests/integration/test_fleet_deploy.py",
    "tests/dbt/test_sources.py",
    "tests/documents/test_output.py",
)
"""Tests that share what takes 4 to 60 seconds to make: a database, a project, an installed tap."""

LONG_TESTS = (
    "tests/integration/test_fleet.py",
    "tests/dbt/built/",
    "tests/integration/test_airflow.py",
    "tests/integration/test_lake.py::test_duckdb_builds_the_marts",
    "tests/dbt/test_compiled_offline.py",
    "tests/dbt/test_workspaces.py",
)
"""Tests of 10 to 60 seconds, which are started first: the last tests to run are short ones, so that
no process waits for another at the end."""


gc.disable()  # until all tests are collected: nothing of them is garbage


def pytest_collection_finish() -> None:
    """Let the garbage collector leave out what stays until the end: 7,000 tests, all modules.

    It would look through them again and again, for a tenth of the time of a test.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Run tests that share an expensive fixture in one process."""
    config.option.loadscopereorder = False  # in the order of `pytest_collection_modifyitems`
    return GroupScheduling(config, log)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """One test at a time, but each of `SHARED_FIXTURES` as a whole.

    The mark `xdist_group` does not work with pytest 9.2: xdist 3.8 sets an attribute of a test that
    is no longer there.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((name for name in SHARED_FIXTURES if nodeid.startswith(name)), nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put `LONG_TESTS` before all others."""

    def place(item: pytest.Item) -> int:
        found = (i for i, name in enumerate(LONG_TESTS) if item.nodeid.startswith(name))
        return next(found, len(LONG_TESTS))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: a sixth of the time tests wait for other programs."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Return a function that starts a simulator; it takes the arguments of `Simulator`."""
    running: list[Simulator] = []

    def start(**options: Any) -> Simulator:
        end = options.setdefault("end", END)
        options = {"receipts": 250, "days": 40, "clock": Clock(end, running=False), **options}
        running.append(Simulator(**options).start())
        return running[-1]

    yield start
    for simulator in running:
        simulator.stop()


def configuration(simulator: Simulator, **settings: Any) -> dict[str, Any]:
    """Return a configuration for a simulator whose clock does not run; takes other settings."""
    start = END - timedelta(days=simulator.workspace.days + 1)
    return {
        "access_token": simulator.token,
        "api_url": simulator.url,
        "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end_date": f"{simulator.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "poll_interval_seconds": 0.02,
        **settings,
    }


@pytest.fixture
def configure() -> Configure:
    """Return `configuration`."""
    return configuration


@pytest.fixture(scope="session")
def catalog() -> dict[str, Any]:
    """The catalog of a discovery without a configuration."""
    return discover()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL server."""
    with running_postgres() as server:
        yield server


def create_database(postgres: Postgres) -> str:
    """Create an empty database; returns its name."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return name


@pytest.fixture
def database(postgres: Postgres) -> str:
    """Name of a new, empty database."""
    return create_database(postgres)
