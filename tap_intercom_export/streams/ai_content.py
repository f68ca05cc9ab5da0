"""AI content: the sources of Fin and other AI agents (from API version 2.12 on)."""

from __future__ import annotations

from tap_intercom_export.list_endpoints import LIST_PATHS
from tap_intercom_export.schemas import Column, Kind
from tap_intercom_export.streams.list_stream import ListStream

_CREATED_AT = Column("created_at", Kind.TIME, "When it was created.")
_UPDATED_AT = Column("updated_at", Kind.TIME, "When it was last changed.")


class ContentImportSourceStream(ListStream):
    """A source of content for AI agents, such as a website."""

    name = "content_import_source"
    path = LIST_PATHS[name]
    selected_by_default = False
    COLUMNS = (
        Column("id", Kind.ID, "The source."),
        _CREATED_AT,
        _UPDATED_AT,
        Column("last_synced_at", Kind.TIME, "When its pages were last fetched."),
        Column("sync_behavior", Kind.TEXT, "How it is kept up to date: api, automatic or manual."),
        Column("status", Kind.TEXT, "active or deactivated."),
        Column("url", Kind.TEXT, "Its URL."),
        Column("audience_ids", Kind.IDS, "Audiences that may see it; from version 2.15 on."),
    )


class ExternalPageStream(ListStream):
    """A page of a content import source."""

    name = "external_page"
    path = LIST_PATHS[name]
    selected_by_default = False
    COLUMNS = (
        Column("id", Kind.ID, "The page."),
        Column("source_id", Kind.ID, "The content import source it belongs to."),
        Column("external_id", Kind.ID, "Its id in the source system."),
        _CREATED_AT,
        _UPDATED_AT,
        Column("last_ingested_at", Kind.TIME, "When AI agents last ingested it."),
        Column("title", Kind.TEXT, "Its title."),
        Column("html", Kind.TEXT, "The whole page; empty when it is deleted."),
        Column("url", Kind.TEXT, "Its URL."),
        Column("locale", Kind.TEXT, "Its language."),
        Column("ai_agent_availability", Kind.BOOLEAN, "Whether Fin answers from it."),
        Column("ai_copilot_availability", Kind.BOOLEAN, "Whether Copilot answers from it."),
        Column(
            "ai_sales_agent_availability", Kind.BOOLEAN, "Whether the sales agent answers from it."
        ),
        Column("fin_availability", Kind.BOOLEAN, "Older name of ai_agent_availability."),
    )
