"""Teams and teammates of a simulated workspace, and generated status periods."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from intercom_simulator.clock import DAY_SECONDS, HOUR_SECONDS
from intercom_simulator.reporting.labels import Label


class Teammate(NamedTuple):
    """A teammate. Reports show the name, which need not be unique."""

    raw_id: str
    name: str


class Team(NamedTuple):
    """A team and its members. A teammate belongs to one team only."""

    raw_id: str
    name: str
    members: tuple[Teammate, ...]


class StatusPeriod(NamedTuple):
    """A period in which a teammate's status did not change. Times are in unix seconds."""

    started_at: int
    ended_at: int
    status_id: str
    status: Label
    reason: Label | None


# Names that break naive code: commas (the separator of lists), quotes, and a duplicate name.
_TEAMS = (
    ("Support", ("Ana Souza", "Silva, João", "Pat O'Brien")),
    ("Billing, EU", ('Dee "Dee" Fox', "Zoë Ängström", "李雷")),
    ("Escalations 🚨", ("Ana Souza", "Kim", "Omar")),
)
_FIRST_TEAM_ID = 5_100
_FIRST_TEAMMATE_ID = 814_860


def _team(number: int, name: str, members: tuple[str, ...]) -> Team:
    first = _FIRST_TEAMMATE_ID + 10 * number
    teammates = (Teammate(str(first + index), member) for index, member in enumerate(members))
    return Team(str(_FIRST_TEAM_ID + number), name, tuple(teammates))


TEAMS = tuple(_team(number, *team) for number, team in enumerate(_TEAMS))
"""All teams."""

_STATUSES = (
    (Label("Active"), None),
    (Label("Away"), Label("Lunch")),
    (Label("Active"), None),
    (Label("Away"), None),
)


def generate_status_periods(seed: int, start: int, end: int) -> list[StatusPeriod]:
    """Generate the status periods of all teammates, sorted by start; all starts differ.

    Args:
        seed: Seed of the generated data.
        start: Unix seconds from which periods start.
        end: Unix seconds before which periods start.
    """
    generated: dict[int, StatusPeriod] = {}
    for team in TEAMS:
        for teammate in team.members:
            rng = Random(f"periods {seed} {teammate.raw_id}")
            at = start + rng.randrange(DAY_SECONDS)
            count = 0
            while at < end:
                while at in generated:
                    at += 1
                status, reason = _STATUSES[count % len(_STATUSES)]
                ended_at = at + rng.randrange(HOUR_SECONDS, 30 * HOUR_SECONDS)
                status_id = f"{teammate.raw_id}{count:04d}"
                generated[at] = StatusPeriod(at, ended_at, status_id, status, reason)
                at = ended_at
                count += 1
    return [generated[at] for at in sorted(generated)]
