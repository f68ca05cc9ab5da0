"""Airbyte's CDK: the gzip and CSV decoders and the messages of a declarative connector.

Argument: the gzip file. Cells stay text; schema normalization would take additional time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import orjson  # type: ignore[import-not-found]  # ty: ignore
from airbyte_cdk.models import (  # type: ignore[import-not-found]  # ty: ignore
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteRecordMessage,
    Type,
)
from airbyte_cdk.sources.declarative.decoders.composite_raw_decoder import (  # type: ignore[import-not-found]  # ty: ignore
    CsvParser,
    GzipParser,
)


def main() -> None:
    """Write a record for each row."""
    parser = GzipParser(inner_parser=CsvParser(encoding="utf-8"))
    with Path(sys.argv[1]).open("rb") as file:
        for row in parser.parse(data=file):
            now = int(time.time() * 1000)
            record = AirbyteRecordMessage(stream="receipt", data=dict(row), emitted_at=now)
            message = AirbyteMessage(type=Type.RECORD, record=record)
            sys.stdout.write(orjson.dumps(AirbyteMessageSerializer.dump(message)).decode() + "\n")


if __name__ == "__main__":
    main()
