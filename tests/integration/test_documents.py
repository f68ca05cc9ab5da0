"""The documentation agrees with the tap."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from singer_sdk import Tap

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
    )
)
MAX_README_BYTES = 9_000


def json_output(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tap_intercom_export", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    output: dict[str, Any] = json.loads(done.stdout)
    return output


@pytest.fixture(scope="module")
def about() -> dict[str, Any]:
    return json_output("--about", "--format=json")


@pytest.fixture(scope="module")
def catalog() -> dict[str, Any]:
    return json_output("--discover")


@pytest.fixture(scope="module")
def sdk_settings() -> set[str]:
    """Names of the settings that the SDK adds to every tap."""
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    Tap.append_builtin_config(schema)
    return set(schema["properties"]) - {"start_date", "emit_activate_version_messages"}


def rows_of(page: str, block: str) -> list[list[str]]:
    """Return the cells of a table in docs/, without its head."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    text = text.split(f"<!-- {block}: ")[1].split(f"<!-- end of {block} -->")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def plugin_definition(path: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    if "plugins" in document:
        document = document["plugins"]["extractors"][0]
    return document


def expected_kind(schema: dict[str, Any]) -> str:
    """Return Meltano's kind of a setting."""
    if "enum" in schema:
        return "options"
    if schema.get("format") == "date-time":
        return "date_iso8601"
    types = {*([schema["type"]] if isinstance(schema["type"], str) else schema["type"])} - {"null"}
    return "integer" if "integer" in types else types.pop()


def typed(value: Any) -> str:
    """Return a value as text in the documentation."""
    return value if isinstance(value, str) else json.dumps(value)


def test_each_setting_is_listed_with_kind_default_example_and_description(
    about: dict[str, Any], sdk_settings: set[str]
) -> None:
    required = about["settings"]["required"]
    expected = []
    for name, schema in about["settings"]["properties"].items():
        if name in sdk_settings:
            continue
        kind = expected_kind(schema) + (", secret" if schema.get("secret") else "")
        default = f"`{typed(schema['default'])}`" if "default" in schema else ""
        default = "**required**" if name in required else default
        example = f"`{typed(schema['examples'][0])}`"
        expected.append([f"`{name}`", kind, default, example, schema["description"]])
    assert rows_of("settings.md", "settings") == expected


def test_settings_that_the_sdk_brings_are_listed(
    about: dict[str, Any], sdk_settings: set[str]
) -> None:
    expected = [
        [f"`{name}`", expected_kind(schema), schema["description"]]
        for name, schema in about["settings"]["properties"].items()
        if name in sdk_settings
    ]
    assert len(expected) == len(sdk_settings)
    assert rows_of("settings.md", "SDK settings") == expected


def test_each_stream_is_listed_with_its_key(catalog: dict[str, Any]) -> None:
    listed = {
        name.strip("`"): [key.strip("`") for key in keys.split(", ")]
        for name, _, keys in rows_of("streams.md", "streams")
    }
    assert listed == {s["tap_stream_id"]: s["key_properties"] for s in catalog["streams"]}


def test_each_stream_has_record_description() -> None:
    assert [
        name for name, description, _ in rows_of("streams.md", "streams") if not description
    ] == []


@pytest.mark.parametrize("path", ["plugin.yml", "meltano.yml"])
class TestMeltanoDefinition:
    def test_settings_are_those_of_the_tap(self, path: str, about: dict[str, Any]) -> None:
        written = {
            setting["name"]: (
                setting["label"],
                setting["description"],
                setting["kind"],
                setting.get("value"),
                setting.get("sensitive", False),
                [option["value"] for option in setting.get("options", [])],
                setting.get("placeholder"),
            )
            for setting in plugin_definition(path)["settings"]
        }
        assert written == {
            name: (
                schema["title"],
                schema["description"],
                expected_kind(schema),
                schema.get("default"),
                schema.get("secret", False),
                schema.get("enum", []),
                typed(schema["examples"][0]) if "examples" in schema else None,
            )
            for name, schema in about["settings"]["properties"].items()
        }

    def test_required_settings_are_validated(self, path: str, about: dict[str, Any]) -> None:
        groups = plugin_definition(path)["settings_group_validation"]
        assert groups == [about["settings"]["required"]]

    def test_capabilities_are_those_of_the_tap(self, path: str, about: dict[str, Any]) -> None:
        assert plugin_definition(path)["capabilities"] == about["capabilities"]

    def test_definition_names_the_tap(self, path: str, about: dict[str, Any]) -> None:
        definition = plugin_definition(path)
        assert definition["name"] == definition["executable"] == about["name"]
        assert definition["description"] == about["description"]

    def test_definition_needs_no_hub(self, path: str) -> None:
        assert plugin_definition(path)["namespace"] == "tap_intercom_export"

    def test_default_selection_is_selected(self, path: str, catalog: dict[str, Any]) -> None:
        tops = {
            stream["tap_stream_id"]: part["metadata"]
            for stream in catalog["streams"]
            for part in stream["metadata"]
            if not part["breadcrumb"]
        }
        others = sorted(name for name, top in tops.items() if not top["selected"])
        assert others
        assert plugin_definition(path)["select"] == ["*.*", *(f"!{name}.*" for name in others)]


def test_each_capability_is_described(about: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    section = page.split("\n## Capabilities\n")[1].split("\n## ")[0]
    described = set(re.findall(r"(?m)^\| `([\w-]+)` \|", section))
    # the last is named by singer-sdk 0.55 and later only
    assert described == {*about["capabilities"], "start-date"}


def test_meltano_project_defines_its_loader_without_the_hub() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    assert [loader["namespace"] for loader in project["plugins"]["loaders"]] == ["target_postgres"]


def meltano(folder: Path, *arguments: str) -> None:
    others = {name: text for name, text in os.environ.items() if not name.startswith("MELTANO_")}
    subprocess.run(
        [str(Path(sys.executable).parent / "meltano"), *arguments],
        check=True,
        capture_output=True,
        cwd=folder,
        env={
            **others,
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        },
    )


def test_meltano_does_not_change_the_project_file(tmp_path: Path) -> None:
    before = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    copy = tmp_path / "meltano.yml"
    copy.write_text(before, encoding="utf-8")
    # the first command creates a project id, which the second would write into the file
    meltano(tmp_path, "config", "list", "target-postgres")
    meltano(tmp_path, "config", "list", "target-postgres")
    assert copy.read_text(encoding="utf-8") == before
    meltano(tmp_path, "config", "set", "target-postgres", "user", "me")
    lines = copy.read_text(encoding="utf-8").splitlines()
    changes = [line for line in difflib.ndiff(before.splitlines(), lines) if line[0] in "+-"]
    # Meltano drops a comment between two keys of a plugin
    changes = [line for line in changes if not re.fullmatch(r"- +#.*", line)]
    assert changes == ["+     config:", "+       user: me"]


def test_generated_tables_are_up_to_date() -> None:
    for script in ("tables.py", "dbt_staging.py"):
        subprocess.run([sys.executable, str(ROOT / "docs" / script), "--check"], check=True)


def test_benchmark_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    measured = {line.split(" | ")[0]: line for line in page.splitlines()}
    rows = rows_of("speed.md", "speed")
    assert len(rows) > 1
    for title, speed, ratio, mib in rows:
        line = measured[f"| {title}"]
        assert f" | {speed} | {ratio} | " in line
        assert line.endswith(f" | {mib} |")
    for settings, seconds in rows_of("speed.md", "loading"):
        exactly = float(measured[f"| {settings}"].split(" | ")[1])
        assert seconds == f"{exactly:.0f}"


def test_readme_is_short() -> None:
    assert len(README.encode()) <= MAX_README_BYTES


def test_site_has_every_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w-]+\.md", text))
    assert listed == {path.name for path in (ROOT / "docs").glob("*.md")}


def test_contributing_says_what_each_package_and_module_is_for() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = ROOT / "tap_intercom_export"
    modules = {f"{path.name}" for path in package.glob("[a-z]*.py")}
    packages = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert (modules | packages) - set(re.findall(r"`(\w+(?:\.py|/))`", contributing)) == set()


def test_environment_variables_are_named_as_meltano_and_the_sdk_name_them(
    about: dict[str, Any],
) -> None:
    settings = {name.upper() for name in about["settings"]["properties"]}
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"\bTAP_INTERCOM_EXPORT_([A-Z_]*[A-Z])\b", text))
    named -= {"LOGLEVEL", "METRICS_LOGLEVEL"}
    assert named
    assert named <= settings


def test_changelog_begins_with_what_is_not_released_or_with_this_version(
    about: dict[str, Any],
) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[?([^\]\s]+)", changelog, flags=re.MULTILINE)[0]
    assert newest in {"Unreleased", about["version"]}


def test_actions_are_pinned_to_commits() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    used = [
        action
        for path in workflows
        for action in re.findall(r"uses: (?!\./)(.+)", path.read_text(encoding="utf-8"))
    ]
    assert used
    assert [a for a in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", a)] == []


def test_supported_pythons_are_the_same_everywhere(about: dict[str, Any]) -> None:
    workflow = yaml.safe_load(
        (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    )
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert tested == about["supported_python_versions"]
