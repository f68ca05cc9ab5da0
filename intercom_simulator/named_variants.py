"""The named variants of the API, for `--variant` and the tests."""

from __future__ import annotations

from intercom_simulator.api_variant import ApiVariant, Member
from intercom_simulator.clock import DAY_SECONDS

_MAC = Member("__MACOSX/._receipt{stamp}.csv", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
_README = Member("readme.txt", b"Your export, as requested.\n")
_UNKNOWN = Member(
    "hologram_view{stamp}.csv",
    b"receipt_id,projected_at,colour\n"
    b"961758128,2026-01-05T10:00:00.000Z,teal\n"
    b'961758135,2026-01-06T11:30:00.000Z,"blue, dark"\n',
)

API_VARIANTS = {
    "production": ApiVariant(),
    # Intercom's reference up to 2.16 and its pages for 2.5 and 2.6
    "documented_2_6": ApiVariant(
        container="tar.gz",
        timestamp_format="_%Y%m%d_%H%M%S",
        plural_receipts=True,
        time_format="seconds",
        renamed_columns=(("receipt", "first_dismissal", "first_dismisall"),),
        dropped_columns=(("receipt", "first_fin_step_reached"),),
        identifier_key="job_identfier",
        completed_status="complete",
    ),
    "documented_2_17": ApiVariant(content_encoding="zip", expires_after_seconds=7 * DAY_SECONDS),
    "dated_by_day": ApiVariant(timestamp_format="_%Y%m%d"),
    "year_2024": ApiVariant(dropped_columns=(("receipt", "first_fin_step_reached"),)),
    "spreadsheet": ApiVariant(line_end="\r\n", byte_order_mark=True, time_format="utc"),
    "messy_archive": ApiVariant(
        folder="export/",
        uppercase_names=True,
        extra_members=(_MAC, _README),
        parts_per_file=3,
        empty_files=True,
    ),
    "schema_drift": ApiVariant(
        extra_members=(_UNKNOWN,),
        added_columns=(("receipt", "first_hologram_view", ""), ("open", "client", "Mail, v2")),
        shuffled_columns=True,
        shuffled_rows=True,
        expires_at_format="iso",
    ),
    "gzip": ApiVariant(container="gzip"),
    "gzip_named": ApiVariant(container="gzip", gzip_name=True),
    "gzip_around_zip": ApiVariant(gzip_layers=1),
    "csv": ApiVariant(container="csv"),
    "failed_with_200": ApiVariant(failed_http_status=200),
    "no_link": ApiVariant(download_url="empty", expires_at_format="empty"),
    "relative_link": ApiVariant(download_url="relative", expires_at_format="number"),
    "storage_link": ApiVariant(download_url="storage"),
    "other_region_link": ApiVariant(download_url="other_region"),
    "overview_of_all_time": ApiVariant(overview_of_all_time=True),
    "storage_redirect": ApiVariant(redirect_status=302),
    "chunked": ApiVariant(chunked=True, range_requests=False),
    # the changelog of 2.14 says ".tgz"; clients that do not decompress see gzip, others plain CSV
    "reporting_tgz": ApiVariant(reporting_container="tar.gz"),
    "reporting_zip": ApiVariant(reporting_container="zip", reporting_completed_status="completed"),
    "reporting_csv": ApiVariant(reporting_container="csv"),
    "reporting_encoded": ApiVariant(reporting_container="encoded"),
    "reporting_last_parts_only": ApiVariant(reporting_last_parts_only=True),
    "reporting_qualified": ApiVariant(
        reporting_qualified_only=True, reporting_qualified_headers=True
    ),
}
"""Variants by name."""
