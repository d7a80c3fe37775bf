"""What stands beside the roads, each asset on the segment that it belongs to, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from ingest.approaches import Approach
from ingest.kernels.arrays import Floats, Int32s
from ingest.recorded.assets import Assets, BusStop, Camera, Detector
from mapmatch.network import Network
from mapmatch.placing.cameras import place_cameras
from mapmatch.placing.sensors import PlacementDoubt, SensorPlacement, place_sensors

_SHOWN = 5
"""So many ids of a kind and reason are named; all are counted. Unit: count. Source: chosen, a
line."""


Id = TypeVar("Id", str, Approach)


@dataclass(frozen=True)
class RoadsideAssets(Generic[Id]):
    """Assets of one kind: id, segment (NONE where none fits), offset along it and lane of each.

    `doubts` names the assets without a segment, and those that fit two segments by position,
    bearing and lane together; such an asset is on the likelier one. `lanes` are how many lanes the
    readings of each detector are of, NaN where nobody said, None where nobody said of any; of
    several lanes `lane` is the one nearest the kerb.
    """

    ids: tuple[Id, ...] = ()
    segment: Int32s = field(default_factory=lambda: np.zeros(0, np.int32))
    offset_m: Floats = field(default_factory=lambda: np.zeros(0))
    lane: Int32s = field(default_factory=lambda: np.zeros(0, np.int32))
    doubts: tuple[tuple[Id, PlacementDoubt], ...] = ()
    lanes: Floats | None = None
    lack_bearing: bool = False  # some of them

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Roadside:
    """What stands beside the roads of a network; of a camera each approach by itself."""

    detectors: RoadsideAssets[str] = RoadsideAssets()
    cameras: RoadsideAssets[Approach] = RoadsideAssets()
    bus_stops: RoadsideAssets[str] = RoadsideAssets()
    bus_lines: tuple[tuple[str, ...], ...] = ()  # that serve each of the bus stops


def place_roadside(network: Network, assets: Assets) -> Roadside:
    """Place every asset by position and bearing; one that fits nowhere keeps NONE."""
    detectors, stops = assets.detectors, assets.bus_stops
    lanes = np.array([np.nan if d.lanes is None else d.lanes for d in detectors], np.float64)
    middles = np.array([d.lane for d in detectors]) + 0.5 * (np.nan_to_num(lanes, nan=1.0) - 1.0)
    approaches = {Approach(c.camera_id, c.approach_id): c for c in reversed(assets.cameras)}
    cameras = list(approaches.values())
    return Roadside(
        detectors=_assets(
            [d.detector_id for d in detectors],
            [d.lane for d in detectors],
            place_sensors(network, *_positions(detectors), middles) if detectors else None,
            lanes,
            lack_bearing=_lack_bearing(detectors),
        ),
        cameras=_assets(
            list(approaches),
            [c.lane for c in cameras],
            place_cameras(network, *_positions(cameras)) if cameras else None,
            lack_bearing=_lack_bearing(cameras),
        ),
        bus_stops=_assets(
            [s.stop_id for s in stops],
            [0] * len(stops),
            place_sensors(network, *_positions(stops)) if stops else None,
            lack_bearing=_lack_bearing(stops),
        ),
        bus_lines=tuple(s.lines for s in stops),
    )


def doubt_lines(roadside: Roadside) -> list[str]:
    """Give what is in doubt of each kind as lines for a person; none where nothing is."""
    lines = []
    for kind in ("detectors", "cameras", "bus_stops"):
        doubts = getattr(roadside, kind).doubts
        for reason in sorted({reason for _, reason in doubts}):
            ids = [str(name) for name, why in doubts if why == reason]
            is_used = reason is PlacementDoubt.AMBIGUOUS
            use = "used on the likelier segment" if is_used else "not used"
            if is_used and getattr(roadside, kind).lack_bearing:
                use += " (a bearing_deg would tell)"
            shown = ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
            lines.append(f"{len(ids)} {kind.replace('_', ' ')} {reason}, {use}: {shown}")
    return lines


def _lack_bearing(assets: Sequence[Detector | Camera | BusStop]) -> bool:
    return any(asset.bearing_deg is None for asset in assets)


def _positions(
    assets: Sequence[Detector | Camera | BusStop],
) -> tuple[Floats, Floats, Floats]:
    return (
        np.array([a.longitude for a in assets]),
        np.array([a.latitude for a in assets]),
        np.array([np.nan if a.bearing_deg is None else a.bearing_deg for a in assets]),
    )


def _assets(
    ids: Sequence[Id],
    lane: Sequence[int],
    found: SensorPlacement | None,
    lanes: Floats | None = None,
    *,
    lack_bearing: bool = False,
) -> RoadsideAssets[Id]:
    if found is None:
        return RoadsideAssets()
    doubts = tuple((i, r) for i, r in zip(ids, found.reasons, strict=True) if r is not None)
    return RoadsideAssets(
        tuple(ids),
        found.segment,
        found.offset_m,
        np.array(lane, np.int32),
        doubts,
        lanes,
        lack_bearing,
    )
