"""The setting `batch_config`: its JSON schema, validation, and required packages."""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPRESSIONS = {
    "jsonl": ("gzip", "none"),
    "parquet": ("zstd", "snappy", "gzip", "none"),
}
"""Compressions of each format of batch files; the first one is the default."""

DEFAULT_BATCH_SIZE = 100_000
"""Rows in a file. Warehouses load files of 10 to 250 MB best; this many receipts are 7 to 14 MB."""

STORAGE_PACKAGES = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "az": ("adlfs", "azure"),
    "abfs": ("adlfs", "azure"),
    "abfss": ("adlfs", "azure"),
}
"""Package that writes to an object store, and the extra that installs it, by the scheme of
`storage.root`."""

BATCH_PROPERTY = th.Property(
    "batch_config",
    th.ObjectType(
        th.Property(
            "encoding",
            th.ObjectType(
                th.Property(
                    "format",
                    th.StringType(allowed_values=list(COMPRESSIONS)),
                    required=True,
                    title="Format of batch files",
                    description="jsonl, or parquet, which needs the extra [parquet].",
                ),
                th.Property(
                    "compression",
                    th.StringType(allowed_values=["gzip", "none", "zstd", "snappy"]),
                    title="Compression of batch files",
                    description=(
                        "jsonl: gzip (default) or none. parquet: zstd (default), snappy, gzip or "
                        "none."
                    ),
                ),
                additional_properties=False,
            ),
            required=True,
            title="Encoding of batch files",
            description="Format and compression of the batch files.",
        ),
        th.Property(
            "storage",
            th.ObjectType(
                th.Property(
                    "root",
                    th.StringType(min_length=1),
                    required=True,
                    title="Where batch files are written",
                    description="A folder, or a URL such as file://, s3://, gs:// or az://.",
                ),
                th.Property(
                    "prefix",
                    th.StringType,
                    title="Prefix of file names",
                    description=(
                        "Prefix of the name of each file. It may contain folders, and {stream} and "
                        "{day}, which become the stream's name and the day on which the run "
                        "started (UTC)."
                    ),
                ),
                th.Property(
                    "params",
                    th.ObjectType(additional_properties=True),
                    secret=True,
                    title="Parameters of the storage",
                    description=(
                        "Arguments of the fsspec filesystem (s3fs, gcsfs, adlfs). The target does "
                        "not get them; environment variables reach both."
                    ),
                ),
                additional_properties=False,
            ),
            required=True,
            title="Storage of batch files",
            description="Where the batch files are written.",
        ),
        th.Property(
            "batch_size",
            th.IntegerType(minimum=1),
            title="Rows in a batch file",
            description=f"Maximum number of rows in a file; {DEFAULT_BATCH_SIZE:,} by default.",
        ),
        additional_properties=False,
    ),
    title="Batch files",
    description=(
        "Write records to files and send BATCH messages that name them, for targets that load "
        "files. See docs/targets.md."
    ),
    examples=[
        {
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": "s3://bucket/intercom"},
        }
    ],
)


@dataclass(frozen=True)
class BatchSettings:
    """The validated `batch_config`.

    Attributes:
        format: `jsonl` or `parquet`.
        compression: One of the format's `COMPRESSIONS`.
        batch_size: Maximum rows in a file.
        root: Folder or URL that the files are written below.
        prefix: Prefix of the file names.
        params: Arguments of the fsspec filesystem.
    """

    format: str
    compression: str
    batch_size: int
    root: str
    prefix: str
    params: Mapping[str, Any]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> BatchSettings | None:
        """Return the settings from a validated configuration; None without `batch_config`.

        Args:
            config: The tap's configuration.
        """
        batch = config.get("batch_config")
        if not batch:
            return None
        encoding, storage = batch["encoding"], batch["storage"]
        return cls(
            format=encoding["format"],
            compression=encoding.get("compression") or COMPRESSIONS[encoding["format"]][0],
            batch_size=int(batch.get("batch_size") or DEFAULT_BATCH_SIZE),
            root=storage["root"],
            prefix=storage.get("prefix") or "",
            params=storage.get("params") or {},
        )


def find_batch_problems(config: Mapping[str, Any]) -> list[str]:
    """Return conflicts within `batch_config` and packages it needs that are not installed.

    Args:
        config: A configuration that conforms to the JSON schema.

    Returns:
        One message for each problem.
    """
    settings = BatchSettings.from_config(config)
    if settings is None:
        return []
    found = []
    allowed = COMPRESSIONS[settings.format]
    if settings.compression not in allowed:
        found.append(
            f"batch_config.encoding.compression: must be one of {', '.join(allowed)} for "
            f"{settings.format}, not {settings.compression!r}"
        )
    if settings.format == "parquet" and not _is_installed("pyarrow"):
        found.append(
            "batch_config.encoding.format: parquet needs the package pyarrow: "
            "pip install 'tap-intercom-export[parquet]'"
        )
    if not _is_prefix(settings.prefix):
        found.append(
            "batch_config.storage.prefix: {stream} and {day} are the only placeholders, not "
            f"{settings.prefix!r}; a brace is written twice"
        )
    scheme = settings.root.partition("://")[0] if "://" in settings.root else ""
    package, extra = STORAGE_PACKAGES.get(scheme, ("", ""))
    if package and not _is_installed(package):
        found.append(
            f"batch_config.storage.root: {scheme}:// needs the package {package}: "
            f"pip install 'tap-intercom-export[{extra}]'"
        )
    return found


def _is_prefix(prefix: str) -> bool:
    """Return whether all placeholders of a prefix are known."""
    with suppress(ValueError):
        fields = [part[1:] for part in Formatter().parse(prefix) if part[1] is not None]
        return all(field in {("stream", "", None), ("day", "", None)} for field in fields)
    return False


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
