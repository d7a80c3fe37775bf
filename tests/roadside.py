"""What stands beside a drawn road: each on a segment, so many metres along it."""

from collections.abc import Mapping

import numpy as np

from congestion.roadside import Id, Roadside, RoadsideAssets
from ingest.approaches import Approach
from tests.drawing import Drawing

Where = tuple[str, float] | tuple[str, float, int]
"""Segment id, metres along it, lane counted from the kerb (0 unless given)."""


def roadside(
    drawing: Drawing,
    *,
    detectors: Mapping[str, Where] | None = None,
    cameras: Mapping[Approach, Where] | None = None,
    bus_stops: Mapping[str, Where] | None = None,
) -> Roadside:
    """Give the assets by their ids; a camera's is its approach."""
    return Roadside(
        detectors=_assets(drawing, detectors or {}),
        cameras=_assets(drawing, cameras or {}),
        bus_stops=_assets(drawing, bus_stops or {}),
    )


def _assets(drawing: Drawing, assets: Mapping[Id, Where]) -> RoadsideAssets[Id]:
    return RoadsideAssets(
        tuple(assets),
        np.array([drawing.segment(where[0]) for where in assets.values()], np.int32),
        np.array([float(where[1]) for where in assets.values()]),
        np.array([where[2] if len(where) > 2 else 0 for where in assets.values()], np.int32),
    )
