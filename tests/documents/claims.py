"""Maps the code blocks of the documentation to the tests that run or validate them.

`test_claims.py` fails for a block without an entry here, and for an entry without a block.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.documents.markdown import PAGES, Block, blocks

LANGUAGES = frozenset(("console", "cron", "json", "python", "sh", "sql", "text", "yaml"))


class Blocks(NamedTuple):
    """Blocks of a page.

    Args:
        page: Path of the page, from the root of the repository.
        which: One of `LANGUAGES`, or words that the block contains.
    """

    page: str
    which: str

    def include(self, block: Block) -> bool:
        """Return whether a block is one of these."""
        if block.page != self.page:
            return False
        if self.which in LANGUAGES:
            return self.which == block.language
        return self.which in block.text


CLAIMS: dict[str, dict[str, list[Blocks]]] = {
    "tests/documents/test_commands.py": {
        "test_documented_make_targets_exist": [
            Blocks("CONTRIBUTING.md", "make test"),
            Blocks("README.md", "make demo"),
        ],
        "test_documented_first_steps_export_messages": [Blocks("README.md", "messages.jsonl")],
        "test_documented_tap_commands_succeed": [
            Blocks("docs/operations.md", "console"),
            Blocks("docs/permissions.md", "--test"),
        ],
        "test_documented_simulator_commands_work": [Blocks("docs/simulator.md", "console")],
        "test_documented_docker_arguments_work": [Blocks("docs/docker.md", "docker run")],
        "test_documented_meltano_commands_are_parsed": [
            Blocks("docs/schema-evolution.md", "console")
        ],
        "test_documented_commands_copy_a_state_to_a_bucket": [
            Blocks("docs/windows-and-state.md", "console")
        ],
        "test_documented_meltano_run_is_the_tested_one": [Blocks("docs/dbt.md", "meltano run")],
        "test_documented_psql_command_finds_the_tables": [Blocks("docs/recipes.md", "psql")],
        "test_documented_fleet_setup_equals_make_target": [
            Blocks("examples/dagster/README.md", "git archive"),
        ],
        "test_documented_variables_are_read_by_the_fleet": [
            Blocks("examples/dagster/README.md", "DAGSTER_HOME"),
        ],
    },
    "tests/documents/test_configurations.py": {
        "test_excluded_columns_are_not_written": [Blocks("docs/privacy.md", "excluded_columns")],
        "test_reporting_datasets_are_discovered": [Blocks("docs/reporting-datasets.md", "json")],
        "test_batches_are_written": [Blocks("docs/targets.md", "batch_config")],
        "test_polars_reads_files_with_and_without_a_new_column": [
            Blocks("docs/targets.md", "polars."),
        ],
        "test_a_state_is_resumed": [Blocks("docs/windows-and-state.md", "bookmarks")],
        "test_meltano_deselects_columns": [Blocks("docs/privacy.md", "yaml")],
        "test_cron_runs_the_script": [Blocks("docs/deployment.md", "cron")],
        "test_documented_kubernetes_fields_exist": [Blocks("docs/deployment.md", "kind: CronJob")],
        "test_a_dbt_project_uses_the_package": [Blocks("docs/dbt.md", "yaml")],
        "test_dagster_validates_the_documented_run_configuration": [
            Blocks("examples/dagster/README.md", "full_refresh"),
        ],
    },
    "tests/documents/test_deployment.py": {
        "test_copied_project_requires_what_is_installed": [
            Blocks("docs/deployment.md", "mkdir"),
        ],
        "test_script_syncs_workspaces_and_the_fleet_continues": [
            Blocks("docs/deployment.md", "sh"),
            Blocks("docs/deployment.md", "state copy"),
        ],
    },
    "tests/documents/test_diagrams.py": {
        "test_flowchart_connects_nodes_that_have_texts": [Blocks("README.md", "flowchart")],
        "test_packages_of_a_diagram_exist": [Blocks("CONTRIBUTING.md", "config ─► exports")],
        "test_entities_are_streams_with_their_properties": [
            Blocks("docs/streams.md", "erDiagram"),
        ],
        "test_documented_windows_equal_a_plan": [
            Blocks("docs/windows-and-state.md", "start_date 2026"),
        ],
    },
    "tests/documents/test_lake_page.py": {
        "test_lake_diagram_names_programs_and_folders": [
            Blocks("examples/lake/README.md", "text"),
        ],
        "test_lake_is_set_up_by_what_it_has": [Blocks("examples/lake/README.md", "cp -r")],
        "test_lake_configuration_is_valid": [Blocks("examples/lake/README.md", "json")],
        "test_lake_commands_have_such_arguments": [
            Blocks("examples/lake/README.md", "AWS_REGION"),
        ],
        "test_lake_table_is_compacted": [Blocks("examples/lake/README.md", "python")],
    },
    "tests/documents/test_output.py": {
        "test_documented_demo_output_is_printed": [Blocks("README.md", "Run 1: everything")],
        "test_documented_log_lines_occur_in_runs": [
            Blocks("docs/monitoring.md", "METRIC"),
            Blocks("docs/operations.md", "Created job"),
            Blocks("docs/runs.md", "text"),
        ],
        "test_documented_connection_test_output_is_printed": [
            Blocks("docs/operations.md", "✓ Token")
        ],
        "test_documented_plan_output_is_printed": [Blocks("docs/operations.md", "not selected: ")],
    },
    "tests/dbt/built/test_recipes.py": {
        "test_every_recipe_gives_the_result_below_it": [Blocks("docs/recipes.md", "sql")],
        "test_person_is_erased_from_every_stream": [Blocks("docs/privacy.md", "DELETE FROM")],
        "test_start_for_a_lost_state_is_in_content_export": [
            Blocks("docs/windows-and-state.md", "sql"),
        ],
        "test_indexes_of_the_streams_can_be_made": [Blocks("docs/streams.md", "CREATE INDEX")],
    },
    "tests/dbt/built/test_report.py": {
        "test_documented_report_commands_work": [Blocks("docs/dbt.md", "intercom_report")],
    },
    "tests/integration/test_batch_readers.py": {
        "test_query_of_the_documentation_gives_the_last_row_of_each_key": [
            Blocks("docs/targets.md", "FROM read_parquet"),
        ],
    },
    "tests/integration/test_monitoring_page.py": {
        "test_documented_sql_runs_on_loaded_tables": [
            Blocks("docs/monitoring.md", "sql"),
        ],
    },
    "tests/integration/test_new_meltano_project.py": {
        "test_run_loads_every_row_logs_metrics_and_stores_state": [
            Blocks("README.md", "meltano add"),
        ],
        "test_target_jsonl_gets_every_row": [Blocks("docs/targets.md", "FROM read_json")],
    },
    "tests/integration/test_privacy.py": {
        "test_stream_maps_hash_and_remove": [Blocks("docs/privacy.md", "stream_maps")],
    },
}
"""Blocks that each test runs or validates, by file and name of the test."""

EXCEPTIONS: dict[Blocks, str] = {
    Blocks("docs/targets.md", "spark.read"): (
        "pyspark takes 400 MB; test_spark_reads_the_folder uses it where it is installed"
    ),
}
"""Blocks that no test runs or validates, with the reason."""


def claims_of(block: Block) -> list[str]:
    """Return the tests that run or validate a block, or the reasons why none does."""
    tests = [
        f"{path}::{name}"
        for path, by_name in CLAIMS.items()
        for name, claimed in by_name.items()
        for some in claimed
        if some.include(block)
    ]
    return [*tests, *(reason for some, reason in EXCEPTIONS.items() if some.include(block))]


def blocks_of(test: str) -> pytest.MarkDecorator:
    """Parametrize a test of this folder with the blocks that it claims.

    Args:
        test: Its name.
    """
    return pytest.mark.parametrize("block", claimed_by(test), ids=str)


def claimed_by(test: str) -> list[Block]:
    """Return the blocks that a test of this folder runs or validates.

    Args:
        test: Its name.
    """
    (claimed,) = (by_name[test] for by_name in CLAIMS.values() if test in by_name)
    found = [block for page in PAGES for block in blocks(page)]
    return [block for block in found if any(some.include(block) for some in claimed)]
