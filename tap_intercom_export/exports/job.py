"""An export job: its range, its status, and its entry in the state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_intercom_export.clock import to_seconds, to_text
from tap_intercom_export.exports.job_status import JobStatus, is_known, status_of
from tap_intercom_export.exports.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_intercom_export.intercom import ExportApi


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export job.

    Attributes:
        identifier: Intercom's id.
        window: The range of the request.
        requested_at: Time of the request, as a date-time text.
        bookmark: The unix second after which its new time begins; the lookback is before it.
        status: Intercom's status.
        download_url: URL of the archive according to Intercom; often empty.
        excluded_attributes: Attributes left out of the request, because Intercom had refused them.
        given_up: Whether its result will not be used, although it may still run.
        request_hash: Hash of everything that was requested except for the range.
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
    def progress(self) -> JobStatus | None:
        """Meaning of the status; None if it is unknown."""
        return status_of(self.status)

    @property
    def is_doubtful(self) -> bool:
        """Whether the job is complete by a status that may mean "not entirely"."""
        return self.progress is JobStatus.COMPLETED and not is_known(self.status)

    def has_same_request(self, api: ExportApi) -> bool:
        """Return whether a new job would have the same request, besides its range.

        If the attributes of a dataset have changed, values would be assigned to the wrong ones.

        Args:
            api: The export API.
        """
        return self.request_hash == api.request_hash(self.excluded_attributes)

    def updated(self, body: Mapping[str, Any]) -> ExportJob:
        """Return the job with the status and URL of an API response.

        Args:
            body: JSON body of a response about the job.
        """
        url = body.get("download_url")
        return replace(
            self,
            status=str(body.get("status") or ""),  # an unknown status, which is logged
            download_url=url if isinstance(url, str) else "",
        )

    def to_state(self) -> dict[str, Any]:
        """Return the entry in the state, with which a later run can resume the job."""
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
        """Return the job that `to_state` wrote, or None if the entry is invalid.

        Args:
            state: The entry in the state; a user may have edited it.
        """
        try:
            identifier = state["job_identifier"]
            if not isinstance(identifier, (str, int)) or not str(identifier).strip():
                return None
            window = Window(
                to_seconds(state["created_at_after"]), to_seconds(state["created_at_before"])
            )
            return cls(
                str(identifier),
                window,
                str(state["requested_at"]),
                to_seconds(state["bookmark"]) if "bookmark" in state else window.after - 1,
                excluded_attributes=tuple(state.get("excluded_attributes") or ()),
                given_up=bool(state.get("given_up")),
                request_hash=str(state.get("request_hash") or ""),
            )
        except (KeyError, TypeError, ValueError):
            return None
