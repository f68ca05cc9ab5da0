"""Checks before the first export job, so that a long run does not end with their errors."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_intercom_export.checks.directories import (
    LOW_FREE_BYTES,
    check_batch_folder,
    check_temporary_directory,
)
from tap_intercom_export.errors import ConfigurationError, ForbiddenError, NotFoundError
from tap_intercom_export.list_endpoints import (
    FIRST_ENTRY_QUERY,
    LIST_PATHS,
    custom_objects_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_intercom_export.checks.selection import Selection
    from tap_intercom_export.intercom import IntercomClient

logger = logging.getLogger(__name__)


def check_before_first_job(
    selection: Selection, config: Mapping[str, Any], connect: Callable[[], IntercomClient]
) -> None:
    """Check for errors that would otherwise end the run only after its export jobs.

    Args:
        selection: The parts of Intercom that the run needs.
        config: The tap's configuration.
        connect: Returns a client for the workspace.

    Raises:
        ConfigurationError: Temporary files cannot be written, or a custom object type does not
            exist.
        ForbiddenError: The token may not read a selected list.
        ApiError: Any other refusal, or Intercom cannot be reached.
    """
    if not selection.runs_jobs:
        return  # without jobs, errors show at once
    folder, free = check_temporary_directory()
    if free < LOW_FREE_BYTES:
        logger.warning(
            "Only %.0f MB are free in %s, where archives are downloaded to (TMPDIR)",
            free / 1e6,
            folder,
        )
    check_batch_folder(config)
    if selection.lists or selection.object_types:
        client = connect()
        for stream in selection.lists:
            check_list(client, stream)
        for name in selection.object_types:
            check_object_type(client, name)


def check_list(client: IntercomClient, stream: str) -> None:
    """Check that the token may read a list of AI content.

    Args:
        client: Client for the workspace.
        stream: Name of the list's stream.

    Raises:
        ForbiddenError: It may not.
        ApiError: Any other refusal, or Intercom cannot be reached.
    """
    try:
        client.get_page(LIST_PATHS[stream] + FIRST_ENTRY_QUERY)
    except ForbiddenError as error:
        raise ForbiddenError(
            f"The stream {stream} is selected: {error} Otherwise deselect the stream."
        ) from error


def check_object_type(client: IntercomClient, name: str) -> None:
    """Check that a custom object type exists and may be read.

    Args:
        client: Client for the workspace.
        name: The type.

    Raises:
        ConfigurationError: The workspace has no such type.
        ForbiddenError: The token may not read it.
        ApiError: Any other refusal, or Intercom cannot be reached.
    """
    try:
        client.get_page(custom_objects_path(name) + FIRST_ENTRY_QUERY)
    except NotFoundError as error:
        raise unknown_object_type(name, error) from error
    except ForbiddenError as error:
        raise ForbiddenError(
            f"The type {name!r} of custom_object_types: {error} Otherwise remove it there."
        ) from error


def unknown_object_type(name: str, error: Exception) -> ConfigurationError:
    """Return the error for a custom object type that the workspace does not have.

    Args:
        name: The type.
        error: Intercom's error.
    """
    return ConfigurationError(
        f"custom_object_types: Intercom has no type {name!r}: {error}. Use the names in "
        "Settings > Data > Custom objects; case matters."
    )
