"""The test suite that the SDK brings for taps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from intercom_simulator import ApiVariant, Member, Mutation
from intercom_simulator.content_export.columns import ASSUMED_FILES
from tap_intercom_export.tap import TapIntercomExport
from tests.harness.singer import discover_in_process, select
from tests.harness.stopped_simulator import END, stopped_simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

# The SDK needs a configuration when this module is imported. It also discovers the streams then, so
# the simulator must already respond to the request for the reporting datasets.
SIMULATOR = stopped_simulator(
    receipts=250,
    conversations=30,
    variant=ApiVariant(
        extra_members=(Member("hologram_view{stamp}.csv", b"receipt_id,seen_at\n1,2025-05-20\n"),),
        mutations=(Mutation("receipt", line=1, keep_cells=3),),
    ),
).start()
CONFIG = {
    "access_token": SIMULATOR.token,
    "api_url": SIMULATOR.url,
    "start_date": f"{END - timedelta(days=21):%Y-%m-%dT%H:%M:%SZ}",
    "end_date": f"{END:%Y-%m-%dT%H:%M:%SZ}",
    "poll_interval_seconds": 0.02,
    "reporting_datasets": ["admin_status_change"],  # has few columns; each one is several tests
    "custom_object_types": ["Order"],
}


@pytest.fixture(scope="module", autouse=True)
def _stop_simulator() -> Iterator[None]:
    yield
    SIMULATOR.stop()


TestSdk = get_tap_test_class(
    TapIntercomExport,
    config=CONFIG,
    catalog=select(discover_in_process(CONFIG)),  # without a catalog the SDK selects all streams
    # with a limit the SDK would make a dry run, which starts no job and has no records
    suite_config=SuiteConfig(max_records_limit=None),
    parse_env_config=False,
)

# The columns of these streams come from the files, so their last SCHEMA differs from the catalog.
ASSUMED_STREAMS = {file.name for file in ASSUMED_FILES}
SAME_SCHEMA = "test_tap_stream_record_schema_matches_transformed_catalog"
TestSdk.params[SAME_SCHEMA] = [
    p for p in TestSdk.params[SAME_SCHEMA] if p.id not in ASSUMED_STREAMS
]
