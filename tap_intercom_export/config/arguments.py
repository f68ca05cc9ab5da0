"""Validation of the command line and of the files that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from tap_intercom_export.config.validation import NOT_SET
from tap_intercom_export.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OPTION_FILES = {
    "--config": 'an object of settings, {"access_token": …, "start_date": …}',
    "--state": 'the "value" of the last STATE line, {"bookmarks": …}',
    "--catalog": 'what --discover writes, {"streams": …}',
}
"""What the file of each command line option must contain."""

STATE_PARTS: dict[str, tuple[type[list[Any] | dict[str, Any]], str]] = {
    "job": (dict, "an object"),
    "next_jobs": (list, "a list"),
    "writing": (list, "a list"),
    "recent_windows": (list, "a list"),
}
"""Type of each part of a stream's state that is the tap's own and no single value; null is none."""

SDK_STATE_PARTS: dict[str, tuple[type[list[Any] | dict[str, Any]], str]] = {
    "partitions": (list, "a list of the SDK's partitions"),
    "progress_markers": (dict, "an object"),
}
"""Likewise, of the SDK, which fails on null."""


def find_bad_option_file(arguments: list[str]) -> str | None:
    """Return what is wrong with a file named on the command line, or None.

    Args:
        arguments: Arguments of the command line.
    """
    for option, name in _option_files(arguments):
        path = Path(name)
        if path.is_file():  # a pipe cannot be read again
            try:
                content = json.loads(path.read_text(encoding="utf-8-sig"))
            except ValueError as error:
                wrong = f"is not JSON ({error})" if path.stat().st_size else "is empty"
            else:
                wrong = "" if isinstance(content, dict) else "is JSON, but not an object"
            if wrong:
                return (
                    f"The file of {option}, {name}, {wrong}. It must hold {OPTION_FILES[option]}."
                )
    return None


def check_state(state: object) -> None:
    """Refuse a state without bookmarks: with it everything would be exported again.

    Args:
        state: The state as passed to the tap: its content, None, or the path of a file.

    Raises:
        ConfigurationError: The state is not empty and has no bookmarks, or one of them is not an
            object.
    """
    if not state or isinstance(state, (str, PurePath)):
        return
    entries: Mapping[str, Any] = state if isinstance(state, dict) else {}
    if isinstance(bookmarks := entries.get("bookmarks"), dict):
        damaged = sorted(name for name, entry in bookmarks.items() if not isinstance(entry, dict))
        if damaged:
            raise ConfigurationError(
                f"The state has no object for {', '.join(damaged)}, but something else. It may be "
                "damaged, or written by hand: use the last STATE that the tap wrote."
            )
        for name, entry in sorted(bookmarks.items()):
            _check_entry(name, entry)
        return
    below = [name for name, value in entries.items() if isinstance(value, dict)]
    where = f", here below {below[0]!r}" if below and "bookmarks" in entries[below[0]] else ""
    raise ConfigurationError(
        f"The state has no bookmarks{where}. It must be {OPTION_FILES['--state']}. "
        "To start over, run without --state."
    )


def _check_entry(name: str, entry: Mapping[str, Any]) -> None:
    """Refuse the state of one stream if a part of it has another structure.

    Args:
        name: The stream.
        entry: Its entry in the state.

    Raises:
        ConfigurationError: It has.
    """
    for key, (kind, noun) in {**STATE_PARTS, **SDK_STATE_PARTS}.items():
        if key not in entry or (entry[key] is None and key in STATE_PARTS):
            continue
        part = entry[key]
        if key == "partitions" and isinstance(part, list):
            is_right = all(isinstance(one, dict) and "context" in one for one in part)
        else:
            is_right = isinstance(part, kind)
        if not is_right:
            raise ConfigurationError(
                f"The state's {key!r} of {name} is not {noun}. The state may be damaged, written "
                "by hand, or of another tap: use the last STATE that the tap wrote, or start over: "
                "meltano run --full-refresh, or run without --state."
            )


def check_catalog(catalog: object) -> None:
    """Refuse a catalog without streams: with it nothing would be exported.

    Args:
        catalog: The catalog as passed to the tap: its content, None, or the path of a file.

    Raises:
        ConfigurationError: It is not a catalog.
    """
    if isinstance(catalog, dict) and not isinstance(catalog.get("streams"), list):
        raise ConfigurationError(
            f"The catalog has no streams. It must be {OPTION_FILES['--catalog']}."
        )


def find_setting_hint(
    problems: Iterable[str], arguments: list[str], environment: Mapping[str, str], prefix: str
) -> str | None:
    """Return where settings come from, if required ones are missing and the arguments say why.

    Args:
        problems: Messages about the configuration.
        arguments: Arguments of the command line.
        environment: The environment variables.
        prefix: Prefix of the variables' names.

    Returns:
        One line; None if nothing is missing, or the environment is read, or a file is given and
        the environment does not have the settings either.
    """
    missing = [text.partition(":")[0] for text in problems if text.endswith(f": {NOT_SET}")]
    given = [name for option, name in _option_files(arguments) if option == "--config"]
    if not missing or "ENV" in given:
        return None
    variables = [prefix + name.upper() for name in missing if "." not in name]
    found = [name for name in variables if environment.get(name)]
    if found:
        return (
            f"{' and '.join(found)}: set in the environment, which is read only with --config=ENV"
        )
    if given or not variables:
        return None
    return (
        "No --config is given: name a file of settings (--config config.json), or --config=ENV for "
        f"environment variables ({', '.join(variables)})"
    )


def _option_files(arguments: list[str]) -> list[tuple[str, str]]:
    """Return the options that name files, each with its value."""
    return re.findall(r"(?m)^(--(?:config|state|catalog))[=\n](.+)$", "\n".join(arguments))
