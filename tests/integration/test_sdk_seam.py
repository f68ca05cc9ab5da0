"""The private parts of the SDK that the tap uses are in one package, and still exist.

If a release of the SDK changes any of them, these tests name it. Then compare `streams/sdk/`
with the new source of the SDK before changing the upper bound in pyproject.toml.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.metadata import requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from singer_sdk import Stream, Tap
from singer_sdk.helpers._state import StateWriter
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.io_base import SingerWriter
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import JSONSchemaValidator
from singer_sdk.singerlib import SchemaMessage

import tap_intercom_export
from tap_intercom_export.singer.message_writer import MessageWriter
from tap_intercom_export.streams import sdk
from tap_intercom_export.tap import TapIntercomExport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness.fixture_types import Configure, Simulate

PACKAGE = Path(tap_intercom_export.__file__).parent
SEAM = sorted(Path(sdk.__file__).parent.glob("*.py"))
SDK = f"singer-sdk {version('singer-sdk')}"

METHODS: list[tuple[type, str, str]] = [
    (Stream, "_generate_record_messages", "(self, record)"),
    (Stream, "_generate_schema_messages", "(self)"),
    (Stream, "_increment_stream_state", "(self, latest_record, *, context=None)"),
    (Stream, "_process_record", "(self, record, child_context=None, partition_context=None)"),
    (Stream, "_sync_children", "(self, child_context)"),
    (Stream, "_sync_records", "(self, context=None, *, write_messages=True)"),
    (Stream, "_write_activate_version_message", "(self, full_table_version)"),
    (Stream, "_write_record_message", "(self, record)"),
    (Stream, "_write_schema_message", "(self)"),
    (Stream, "_write_starting_replication_value", "(self, context)"),
    (Stream, "_write_state_message", "(self)"),
    (Tap, "_handle_termination", "(self, signum, frame)"),
    (Tap, "_validate_config", "(self, *, raise_errors=True)"),
    (StateWriter, "__init__", "(self, message_writer)"),
    (StateWriter, "write_state", "(self, state)"),
    (SingerWriter, "format_message", "(self, message)"),
    (SingerWriter, "serialize_message", "(self, message)"),
    (SingerWriter, "write_message", "(self, message)"),
]
"""Overridden or called methods, and their parameters."""

FIELDS = ("_schema", "_input_schema", "_stream_maps", "_stream_version", "_initialized_at")
"""Fields of a stream that the seam reads or sets."""

PUBLIC = (
    *("effective_schema", "mask", "stream_maps", "stream_state", "state_manager"),
    *("get_record_counter", "get_sync_timer", "get_replication_key_signpost", "log"),
    *("selected", "child_streams", "ABORT_AT_RECORD_COUNT"),
)
"""Public parts of the SDK that the seam needs."""


def parameters(function: Callable[..., Any]) -> str:
    """Return a function's parameters without their types."""
    signature = inspect.signature(function)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


@pytest.mark.parametrize(("owner", "name", "expected"), METHODS, ids=str)
def test_sdk_method_has_expected_parameters(owner: type, name: str, expected: str) -> None:
    where = f"{owner.__module__}.{owner.__name__}.{name}"
    method = getattr(owner, name, None)
    assert method is not None, f"{SDK} has no {where} any more; see streams/sdk"
    found = parameters(method)
    assert found == expected, f"{SDK} changed {where}{expected} to {found}; see streams/sdk"


@pytest.fixture(scope="module")
def stream() -> Stream:
    """A stream of the tap."""
    with redirect_stdout(io.StringIO()):
        return TapIntercomExport(config={}, validate_config=False).streams["receipt"]


@pytest.mark.parametrize("name", [*FIELDS, *PUBLIC])
def test_stream_has_fields_of_seam(stream: Stream, name: str) -> None:
    found = hasattr(stream, name)
    assert found, f"A stream of {SDK} has no {name} any more; see streams/sdk"


def test_stream_knows_whether_state_was_sent(stream: Stream) -> None:
    flushed = getattr(stream.state_manager, "is_flushed", None)
    assert isinstance(flushed, bool), f"{SDK} keeps is_flushed elsewhere; see streams/sdk"


def test_unmapped_stream_has_single_default_map(stream: Stream) -> None:
    kinds = [type(stream_map) for stream_map in stream.stream_maps]
    assert kinds == [SameRecordTransform], f"{SDK} maps untouched streams with {kinds}"
    assert stream.stream_maps[0].flattening_enabled is False
    assert isinstance(stream.stream_maps[0].raw_schema, dict)
    assert callable(stream._tap.mapper.register_raw_stream_schema)
    assert stream.TYPE_CONFORMANCE_LEVEL is TypeConformanceLevel.NONE
    assert JSONSchemaValidator


def test_sdk_calls_what_the_seam_overrides() -> None:
    calls = {
        "sync": "_sync_records",
        "_write_record_message": "_generate_record_messages",
        "_sync_records": "_write_starting_replication_value",
    }
    for caller, called in calls.items():
        source = inspect.getsource(getattr(Stream, caller))
        assert f"self.{called}(" in source, (
            f"Stream.{caller} of {SDK} does not call {called} any more: what streams/sdk "
            "overrides is without effect"
        )
    assert "self._process_record(" in inspect.getsource(Stream._sync_records)
    assert "self.get_batch_config(" in inspect.getsource(Stream.sync)
    assert "self._increment_stream_state(" in inspect.getsource(Stream)


def private_names() -> set[str]:
    """Return the private names of the SDK's stream classes."""
    return {name for name in {*dir(Stream), *FIELDS} if re.match("_[a-z]", name)}


def used_in(path: Path) -> Iterator[str]:
    """Yield the methods that a module overrides and the attributes that it uses."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize("more", [{}, {"bookmark_properties": ["at"]}, {"key_properties": []}])
def test_schema_is_written_as_the_sdk_does(more: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"at": {"type": ["null", "string"], "enum": [None]}}}
    message = replace(SchemaMessage("some", schema, key_properties=["id"]), **more)
    assert MessageWriter().serialize_message(message) == SingerWriter().serialize_message(message)


@pytest.mark.parametrize("path", SEAM, ids=lambda path: path.name)
def test_seam_lists_all_private_names_it_uses(path: Path) -> None:
    used = private_names() & set(used_in(path))
    listed = set(re.findall(r"`(_\w+)`", ast.get_docstring(ast.parse(path.read_text())) or ""))
    assert used == listed, f"not said: {used - listed}; said but not used: {listed - used}"


def test_all_private_methods_of_seam_are_tested() -> None:
    used = private_names() & {name for path in SEAM for name in used_in(path)}
    assert used == {name for owner, name, _ in METHODS if owner is Stream} | set(FIELDS)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PACKAGE.rglob("*.py")) if path not in SEAM],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_other_module_uses_private_stream_members(path: Path) -> None:
    shared_with_taps = {name for name, _ in inspect.getmembers(Tap)} | {"_schema"}
    assert (private_names() - shared_with_taps).isdisjoint(used_in(path))


def test_installed_sdk_version_is_allowed() -> None:
    allowed = next(
        requirement.specifier
        for text in requires("tap-intercom-export") or ()
        if (requirement := Requirement(text)).name == "singer-sdk"
    )
    assert version("singer-sdk") in allowed
    uppers = [spec for spec in allowed if spec.operator.startswith("<")]
    assert uppers, "an SDK that nobody has tried must not install"


def test_sync_uses_seam(simulate: Simulate, configure: Configure) -> None:
    simulator = simulate(receipts=60, days=10)
    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(written):
        TapIntercomExport(config=configure(simulator)).sync_all()
    written.seek(0)
    messages = [json.loads(line) for line in written]
    receipts = [m for m in messages if m["type"] == "RECORD" and m["stream"] == "receipt"]
    assert len(receipts) == 60
    bookmarks = messages[-1]["value"]["bookmarks"]
    assert set(bookmarks["receipt"]) == {"replication_key", "replication_key_value"}
    assert "starting_replication_value" not in json.dumps(messages)
