"""Who answers in a simulated workspace: teams, teammates and their working periods."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from intercom_simulator.reporting.labels import Label


class Teammate(NamedTuple):
    """A teammate. Reports show the name, which another may have too."""

    raw_id: str
    name: str


class Team(NamedTuple):
    """A team and its members. Nobody is in two teams."""

    raw_id: str
    name: str
    members: tuple[Teammate, ...]


class Period(NamedTuple):
    """A time in which a teammate's status was the same; `ended_at` in unix seconds."""

    started_at: int
    ended_at: int
    status_id: str
    status: Label
    reason: Label | None


# Names that break careless code: commas (lists are joined by them), quotes, and a namesake.
_TEAMS = (
    ("Support", ("Ana Souza", "Silva, João", "Pat O'Brien")),
    ("Billing, EU", ('Dee "Dee" Fox', "Zoë Ängström", "李雷")),
    ("Escalations 🚨", ("Ana Souza", "Kim", "Omar")),
)
_FIRST_TEAM_ID = 5_100
_FIRST_TEAMMATE_ID = 814_860


def _team(number: int, name: str, members: tuple[str, ...]) -> Team:
    first = _FIRST_TEAMMATE_ID + 10 * number
    mates = (Teammate(str(first + index), each) for index, each in enumerate(members))
    return Team(str(_FIRST_TEAM_ID + number), name, tuple(mates))


TEAMS = tuple(_team(number, *team) for number, team in enumerate(_TEAMS))
"""The teams."""

_DAY = 86_400
_HOUR = 3_600
_STATUSES = (
    (Label("Active"), None),
    (Label("Away"), Label("Lunch")),
    (Label("Active"), None),
    (Label("Away"), None),
)


def make_periods(seed: int, start: int, end: int) -> list[Period]:
    """Make up the working periods of all teammates, sorted by time, no two equal.

    Args:
        seed: Chooses one of the possible pasts.
        start: Unix seconds; when the first begin.
        end: Unix seconds; when the last begin.
    """
    made: dict[int, Period] = {}
    for team in TEAMS:
        for mate in team.members:
            rng = Random(f"periods {seed} {mate.raw_id}")
            at = start + rng.randrange(_DAY)
            count = 0
            while at < end:
                while at in made:
                    at += 1
                status, reason = _STATUSES[count % len(_STATUSES)]
                ended_at = at + rng.randrange(_HOUR, 30 * _HOUR)
                status_id = f"{mate.raw_id}{count:04d}"
                made[at] = Period(at, ended_at, status_id, status, reason)
                at = ended_at
                count += 1
    return [made[at] for at in sorted(made)]
