"""An export job: what it was asked for, how it stands, and what the state keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_seconds, to_text
from tap_intercom_export.exports.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.intercom import ExportKind


class Progress(Enum):
    """What a status word means."""

    RUNNING = "running"
    COMPLETED = "completed"
    EMPTY = "no data"
    FAILED = "failed"


_PROGRESS = {
    "pending": Progress.RUNNING,
    "in_progress": Progress.RUNNING,
    "success": Progress.COMPLETED,
    "done": Progress.COMPLETED,
    "no_data": Progress.EMPTY,
    "failed": Progress.FAILED,
    "error": Progress.FAILED,
    "expired": Progress.FAILED,
    "canceled": Progress.FAILED,
    "cancelled": Progress.FAILED,
}
"""Status words of Intercom's reference, and those a tolerant client expects besides."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export job.

    Attributes:
        identifier: Intercom's id of it.
        window: The range it was asked for.
        requested_at: When, as a date-time text.
        bookmark: The unix second after which its new time begins; before it is the lookback.
        status: Intercom's word for how it stands.
        download_url: Where its archive is, as Intercom says; often empty.
        excluded_attributes: Attributes that were not asked for, because Intercom had refused them.
        given_up: Whether nothing of it will be used, though it may still run.
        request_hash: A hash of what it was asked for besides its range.
    """

    identifier: str
    window: Window
    requested_at: str
    bookmark: int
    status: str = "pending"
    download_url: str = ""
    excluded_attributes: tuple[str, ...] = ()
    given_up: bool = False
    request_hash: str = ""

    @property
    def progress(self) -> Progress | None:
        """What the status word means; None for a word nobody knows."""
        word = self.status.lower()
        # "completed" from message exports, "complete" in the prose and from reporting exports
        return Progress.COMPLETED if word.startswith("complete") else _PROGRESS.get(word)

    def asks_for_the_same(self, kind: ExportKind) -> bool:
        """Tell whether it was asked for what would be asked for now, besides its range.

        Not so where the attributes of a dataset have changed meanwhile, which would put values
        under wrong ones.

        Args:
            kind: What is exported.
        """
        return self.request_hash == kind.request_hash(self.excluded_attributes)

    def updated(self, body: Mapping[str, Any]) -> ExportJob:
        """Return the job as an answer of the API describes it."""
        return replace(
            self,
            status=str(body.get("status") or self.status),
            download_url=str(body.get("download_url") or ""),
        )

    def to_state(self) -> dict[str, Any]:
        """Return what a later run needs to resume the job."""
        return {
            **(
                {"excluded_attributes": list(self.excluded_attributes)}
                if self.excluded_attributes
                else {}
            ),
            **({"request_hash": self.request_hash} if self.request_hash else {}),
            "job_identifier": self.identifier,
            "created_at_after": to_text(self.window.after),
            "created_at_before": to_text(self.window.before),
            "requested_at": self.requested_at,
            "bookmark": to_text(self.bookmark),
            **({"given_up": True} if self.given_up else {}),
        }

    @classmethod
    def from_state(cls, state: Any) -> ExportJob | None:
        """Return the job that `to_state` wrote, or None where there is none or it is no job."""
        try:
            window = Window(
                to_seconds(state["created_at_after"]), to_seconds(state["created_at_before"])
            )
            return cls(
                str(state["job_identifier"]),
                window,
                str(state["requested_at"]),
                to_seconds(state["bookmark"]) if "bookmark" in state else window.after - 1,
                excluded_attributes=tuple(state.get("excluded_attributes") or ()),
                given_up=bool(state.get("given_up")),
                request_hash=str(state.get("request_hash") or ""),
            )
        except (KeyError, TypeError, ValueError):
            return None
