"""Generates custom object instances, with attributes of every JSON type."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from intercom_simulator.clock import HOUR_SECONDS
from intercom_simulator.ids import ABOVE_DOUBLE_PRECISION
from intercom_simulator.workspace import unix_seconds

if TYPE_CHECKING:
    from intercom_simulator.workspace import Workspace

_HUGE_ID_EVERY = 53
_NEVER_UPDATED_EVERY = 5
_NO_EXTERNAL_TIMES_EVERY = 9
_STATES = ("paid", "shipped", 'returned, "damaged"', "été ☀️", "")
_WITHOUT_ATTRIBUTES_EVERY = 31


def generate_instances(workspace: Workspace, type_name: str, number: int) -> list[dict[str, Any]]:
    """Generate the instances of a type, newest first.

    Args:
        workspace: Provides the seed and the time.
        type_name: The type.
        number: Number of instances.
    """
    rng = Random(f"instances {workspace.seed} {type_name}")
    assert workspace.end is not None  # noqa: S101  - set by Workspace.__post_init__
    end = unix_seconds(workspace.end)
    instances = []
    for index in range(number):
        created_at = end - (number - index) * HOUR_SECONDS
        updated_at = created_at + rng.randrange(HOUR_SECONDS)
        ordered_at = None if index % _NO_EXTERNAL_TIMES_EVERY == 1 else created_at - 60
        changed_at = None if index % _NEVER_UPDATED_EVERY == 0 else updated_at - 30
        instances.append(
            {
                "id": f"{rng.getrandbits(96):024x}",
                "type": type_name,
                "external_id": f"{type_name[:3].upper()}-{index:05d}",
                "external_created_at": ordered_at,
                "external_updated_at": changed_at,
                "created_at": created_at,
                "updated_at": updated_at,
                "custom_attributes": _attributes(rng, index, created_at),
            }
        )
    return instances[::-1]


def _attributes(rng: Random, index: int, at: int) -> dict[str, Any]:
    if index % _WITHOUT_ATTRIBUTES_EVERY == 1:
        return {}
    return {
        "number": str(ABOVE_DOUBLE_PRECISION + index if index % _HUGE_ID_EVERY == 1 else index),
        "quantity": rng.randrange(1, 20),
        "amount": round(rng.random() * 1_000, 2),
        "serial": ABOVE_DOUBLE_PRECISION + 2 * index,
        "gift": bool(rng.randrange(2)),
        "state": rng.choice(_STATES),
        "ordered_at": at,
        "delivery date": None if index % 3 else f"2026-02-{1 + index % 28:02d}",
        "coupon": None,
        "lines": [
            {"sku": f"SKU-{rng.randrange(900)}", "pieces": rng.randrange(1, 5), "tags": ["a", "b"]}
            for _ in range(index % 3)
        ],
        "Größe / Size": ["S", "M", "L"][: index % 4],
    }
