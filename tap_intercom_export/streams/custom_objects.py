"""Custom objects: all instances of the configured types (from API version 2.16 on)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_intercom_export.errors import NotFoundError
from tap_intercom_export.list_endpoints import CUSTOM_OBJECTS_PATH, custom_objects_path
from tap_intercom_export.schemas import Column, Kind
from tap_intercom_export.streams.list_stream import ListStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class CustomObjectInstanceStream(ListStream):
    """An instance of a custom object."""

    name = "custom_object_instance"
    path = CUSTOM_OBJECTS_PATH
    KEY = ("type", "id")
    COLUMNS = (
        Column("type", Kind.ID, "Its type, as in custom_object_types."),
        Column("id", Kind.ID, "The instance."),
        Column("external_id", Kind.ID, "Your own id of the instance."),
        Column("created_at", Kind.TIME, "When it was created at Intercom."),
        Column("updated_at", Kind.TIME, "When it was last changed at Intercom."),
        Column("external_created_at", Kind.TIME, "When it was created on your side."),
        Column("external_updated_at", Kind.TIME, "When it was last changed on your side."),
        Column("custom_attributes", Kind.OBJECT, "Its attributes, by name."),
    )

    @property
    @override
    def partitions(self) -> list[dict[str, Any]]:
        types = self.config.get("custom_object_types") or []
        return [{"type": kind} for kind in dict.fromkeys(types)]

    @override
    def get_url(self, context: Mapping[str, Any] | None) -> str:
        return self.url_base + custom_objects_path((context or {})["type"])

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the instances of one type.

        Raises:
            ConfigurationError: The workspace has no such type.
        """
        try:
            yield from super().get_records(context)
        except NotFoundError as error:
            from tap_intercom_export.checks import unknown_object_type  # noqa: PLC0415 - rarely needed

            raise unknown_object_type((context or {})["type"], error) from error

    @override
    def list_name(self, context: Mapping[str, Any] | None, /) -> str:
        return f"{self.name}/{(context or {})['type']}"

    @override
    def with_context(self, entry: Any, context: Mapping[str, Any] | None, /) -> Any:
        return {**entry, "type": (context or {})["type"]} if isinstance(entry, dict) else entry
