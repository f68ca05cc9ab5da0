"""Write tables generated from the tap into docs/, plugin.yml and meltano.yml.

plugin.yml is written as a whole. The other files have blocks between two comments, `NAME: written
by make docs` and `end of NAME`. Settings come from `tap-intercom-export --about`, streams from its
catalog.

    python docs/tables.py           writes them
    python docs/tables.py --check   exits with 1 and prints the files that would change
"""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tap_intercom_export.schemas import csv_files as files
from tap_intercom_export.tap import TapIntercomExport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk import Stream

ROOT = Path(__file__).resolve().parent.parent

Setting = dict[str, Any]


def about() -> dict[str, Any]:
    """Return the output of `--about`."""
    done = subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", "--about", "--format=json"],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sdk_settings() -> set[str]:
    """Return the names of the settings that the SDK gives to every tap.

    From 0.55 on it has two that this tap has described itself before.
    """
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    TapIntercomExport.append_builtin_config(schema)
    return set(schema["properties"]) - {"start_date", "emit_activate_version_messages"}


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return Meltano's kind of a setting.

    Numbers with fractions are integers in Meltano, because a decimal from the environment stops
    Meltano 4.4, and whole numbers are sufficient for these settings.
    """
    if "enum" in schema:
        return "options"
    if schema.get("format") == "date-time":
        return "date_iso8601"
    types = schema["type"]
    first = types if isinstance(types, str) else next(name for name in types if name != "null")
    return str(first)


def meltano_setting(name: str, schema: Mapping[str, Any]) -> Setting:
    """Return a setting in the format of the Hub and meltano.yml, with keys in Meltano's order."""
    setting: Setting = {"name": name, "kind": kind_of(schema)}
    if "default" in schema:
        setting["value"] = schema["default"]
    setting["label"] = schema["title"]
    setting["description"] = schema["description"]
    if "enum" in schema:
        setting["options"] = [
            {"label": str(choice).upper(), "value": choice} for choice in schema["enum"]
        ]
    if "examples" in schema:
        setting["placeholder"] = plain(schema["examples"][0])
    if schema.get("secret"):
        setting["sensitive"] = True
    return setting


def definition(plugin: Mapping[str, Any]) -> str:
    """Return the part of a Meltano plugin definition that is derived from the tap.

    Order of keys and quotation marks are those of Meltano, so that `meltano config set`, which
    rewrites the file, changes nothing else.
    """
    schemas: dict[str, dict[str, Any]] = plugin["settings"]["properties"]
    part = {
        "capabilities": plugin["capabilities"],
        "settings_group_validation": [plugin["settings"]["required"]],
        "settings": [meltano_setting(name, schema) for name, schema in schemas.items()],
    }
    text = yaml.safe_dump(part, sort_keys=False, allow_unicode=True, width=1000)
    return re.sub(r"(?m)(?<=: )'((?:[^'\"\\]|'')*''(?:[^'\"\\]|'')*)'$", double_quoted, text)


def plugin_file(plugin: Mapping[str, Any], before: str) -> str:
    """Return plugin.yml: the comment that it begins with, then all fields of the Hub.

    No comment stands further down: `meltano add --from-ref` would copy it into the project.
    """
    comment = re.match(r"(?:#.*\n)*", before)
    return (comment[0] if comment else "") + hub_entry(plugin) + definition(plugin) + selection()


def hub_entry(plugin: Mapping[str, Any]) -> str:
    """Return the fields of a plugin that only the Hub needs.

    The repository comes from the metadata of the package, once it has a URL.
    """
    urls = importlib.metadata.metadata("tap-intercom-export").get_all("Project-URL") or []
    addresses = dict(url.split(", ", 1) for url in urls)
    part = {
        "name": plugin["name"],
        "namespace": "tap_intercom_export",
        "label": "Intercom message export",
        "description": plugin["description"],
        "domain_url": "https://www.intercom.com/",
        "pip_url": plugin["name"],
        "executable": plugin["name"],
        "variant": "original",
        **({"repo": addresses["Repository"]} if "Repository" in addresses else {}),
        "quality": "unknown",  # set by the Hub
        "maintenance_status": "active",
        "logo_url": "/assets/logos/extractors/intercom.png",
        "supported_python_versions": plugin["supported_python_versions"],
        "log_parser": "singer-sdk",  # the JSON log of singer-sdk, which Meltano turns on
        "keywords": ["meltano_sdk"],
    }
    return yaml.safe_dump(part, sort_keys=False, width=1000)


def selection() -> str:
    """Return the rules that select what the tap selects by itself: `*.*` alone takes every list."""
    tap = TapIntercomExport(config={}, validate_config=False)
    others = sorted(s.name for s in tap.discover_streams() if not s.selected_by_default)
    rules = ["*.*", *(f"!{name}.*" for name in others)]
    return yaml.safe_dump({"select": rules}, sort_keys=False)


def double_quoted(single: re.Match[str]) -> str:
    """Convert a YAML text from single to double quotation marks."""
    return '"{}"'.format(single[1].replace("''", "'"))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(head)
    lines = [[cell.replace("|", "&#124;") for cell in row] for row in rows]
    lines = [names, ["---"] * len(names), *lines]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def code(value: Any) -> str:
    """Return a value as Markdown code; text without quotation marks."""
    return f"`{plain(value)}`"


def plain(value: Any) -> str:
    """Return a value as JSON, but text without quotation marks."""
    return value if isinstance(value, str) else json.dumps(value)


def settings_table(plugin: Mapping[str, Any]) -> str:
    """Return the table of the tap's settings."""
    sdk = sdk_settings()
    required = plugin["settings"]["required"]

    def row(name: str, schema: Mapping[str, Any]) -> list[str]:
        default = code(schema["default"]) if "default" in schema else ""
        return [
            code(name),
            kind_of(schema) + (", secret" if schema.get("secret") else ""),
            "**required**" if name in required else default,
            code(schema["examples"][0]),
            schema["description"],
        ]

    return table(
        ["setting", "kind", "default", "example", "what it does"],
        [row(*item) for item in plugin["settings"]["properties"].items() if item[0] not in sdk],
    )


def sdk_settings_table(plugin: Mapping[str, Any]) -> str:
    """Return the table of the settings of every SDK tap."""
    sdk = sdk_settings()
    return table(
        ["setting", "kind", "what it does"],
        [
            [code(name), kind_of(schema), schema["description"]]
            for name, schema in plugin["settings"]["properties"].items()
            if name in sdk
        ],
    )


def description_of(stream: Stream) -> str:
    """Return the description of a stream: of the CSV file, or the first sentence of the class."""
    file = {**files.MESSAGE_FILES, files.UNKNOWN_FILE.name: files.UNKNOWN_FILE}.get(stream.name)
    if file:
        return file.description
    text = " ".join((inspect.getdoc(type(stream)) or "").split())
    return re.split(r"(?<=\.) ", text)[0]


def streams_table() -> str:
    """Return the table of streams, in the order in which they are synced."""
    tap = TapIntercomExport(config={}, validate_config=False)
    return table(
        ["stream", "what a record is", "key"],
        [
            [code(s.name), description_of(s), ", ".join(code(name) for name in s.primary_keys)]
            for s in tap.discover_streams()
        ],
    )


def dictionary() -> str:
    """Return a section for each stream with a table of its columns from the catalog."""
    tap = TapIntercomExport(config={}, validate_config=False)
    return "\n".join(
        f"## {stream.name}\n\n{description_of(stream)}\n\n{_columns_table(stream)}"
        for stream in tap.discover_streams()
    )


def _columns_table(stream: Stream) -> str:
    properties: dict[str, dict[str, Any]] = stream.schema["properties"]
    return table(
        ["column", "type", "description"],
        [
            [
                code(name) + (" (key)" if name in stream.primary_keys else ""),
                _type_of(schema),
                schema.get("description", ""),
            ]
            for name, schema in properties.items()
        ],
    )


def _type_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a column: its format, if any, and without null."""
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return str(schema.get("format") or " or ".join(name for name in names if name != "null"))


def replaced(text: str, name: str, block: str) -> str:
    """Return a text with the block between two comments replaced.

    Args:
        text: The text of a file.
        name: The block's name.
        block: New lines, which get the indentation of the first comment.

    Raises:
        ValueError: The text does not contain the comments.
    """
    pattern = re.compile(
        rf"(?m)^( *)(.*\b{name}: written by make docs.*\n)(?s:.*?)^( *.*\bend of {name}\b)"
    )
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"no block '{name}'")
    indent = found[1]
    lines = "".join(f"{indent}{line}\n" for line in block.splitlines())
    return f"{text[: found.start()]}{indent}{found[2]}{lines}{found[3]}{text[found.end() :]}"


def main() -> None:
    """Write the blocks, or with `--check` print which files are outdated."""
    plugin = about()
    blocks = {
        "docs/settings.md": {
            "settings": settings_table(plugin),
            "SDK settings": sdk_settings_table(plugin),
        },
        "docs/streams.md": {"streams": streams_table()},
        "docs/dictionary.md": {"dictionary": dictionary()},
        "plugin.yml": {},
        "meltano.yml": {"definition": definition(plugin)},
        "examples/dagster/meltano.yml": {"definition": definition(plugin)},
    }
    outdated = []
    for file_name, parts in blocks.items():
        path = ROOT / file_name
        old = new = path.read_text(encoding="utf-8")
        for name, block in parts.items():
            new = replaced(new, name, block)
        if file_name == "plugin.yml":
            new = plugin_file(plugin, old)
        if new != old:
            outdated.append(file_name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if outdated and "--check" in sys.argv:
        sys.exit(f"Run 'make docs': {', '.join(outdated)}")


if __name__ == "__main__":
    main()
