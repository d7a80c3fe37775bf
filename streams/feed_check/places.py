"""Where the sources of a feed are: on the network or not, and by which datum."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from congestion.roadside import RoadsideAssets
from incidents.settings import ScheduleSettings
from incidents.signs.planned import PlannedPlaces
from ingest.datum import Datum, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02
from ingest.recorded.feed import Feed
from mapmatch.network import NONE, Network
from mapmatch.placing.sensors import PlacementDoubt, PlacementSettings, place_sensors
from mapmatch.records import BusLinePlacement
from streams.city import City
from streams.feed_check.records import Box, PlacedCheck
from streams.feed_check.rehearsal import BUSES, TAXIS, Ledger

Degrees = npt.NDArray[np.float64]

DETECTORS, APPROACHES = "detectors", "camera approaches"
PLANNED = "planned works and events"
NEAR_M = 30.0
"""A position so near a road fits its datum. Unit: m. Source: chosen; half a wide road and the noise
of a fix, and far less than the shift of GCJ-02, 300 to 700 m."""
_MOST_POSITIONS = 2_000
"""About so many positions of a source are tried. Unit: count. Source: chosen; a share of them is
right to one percent."""


def placed_fixes(
    feed: Feed, city: City | None, sources: npt.NDArray[np.object_], ledgers: Mapping[str, Ledger]
) -> list[PlacedCheck]:
    """Give what becomes of the positions of each fleet: on a road, or why not."""
    if feed.fixes is None or city is None:
        return []
    longitude, latitude = feed.fixes["longitude"].to_numpy(), feed.fixes["latitude"].to_numpy()
    placed = []
    for name in (BUSES, TAXIS):
        is_mine = sources == name
        if not is_mine.any():
            continue
        ledger = ledgers[name]
        reasons = ledger.refused + ledger.unmatched
        placed.append(
            PlacedCheck(
                kind=name,
                count=int(is_mine.sum()),
                placed_count=ledger.matched_count,
                reasons=dict(reasons.most_common()),
                near_road=near_road(
                    city.network, longitude[is_mine], latitude[is_mine], feed.manifest.datum
                ),
            )
        )
    return placed


def placed_assets(feed: Feed, city: City) -> list[PlacedCheck]:
    """Give what has its place of each kind beside the roads."""
    roadside, assets = city.roadside, feed.assets
    approaches = {(c.camera_id, c.approach_id): c for c in reversed(assets.cameras)}
    kinds: list[tuple[str, RoadsideAssets, Sequence]] = [
        (DETECTORS, roadside.detectors, assets.detectors),
        (APPROACHES, roadside.cameras, list(approaches.values())),
        ("bus stops", roadside.bus_stops, assets.bus_stops),
    ]
    return [_assets(feed, city.network, *kind) for kind in kinds if len(kind[1])]


def _assets(feed: Feed, network: Network, kind: str, placed: RoadsideAssets, given: Sequence
) -> PlacedCheck:  # fmt: skip
    doubts = Counter(reason.value for _, reason in placed.doubts)
    ambiguous = doubts.pop(PlacementDoubt.AMBIGUOUS.value, 0)
    longitude = np.array([one.longitude for one in given])
    latitude = np.array([one.latitude for one in given])
    return PlacedCheck(
        kind=kind,
        count=len(placed),
        placed_count=int((placed.segment != NONE).sum()),
        reasons=dict(doubts.most_common()),
        ambiguous_count=ambiguous,
        near_road=near_road(network, longitude, latitude, feed.manifest.datum),
    )


def placed_lines(feed: Feed, lines: BusLinePlacement | None) -> list[PlacedCheck]:
    """Give how many bus lines are on roads for most of their length."""
    if lines is None:
        return []
    doubtful = len(lines.doubtful)
    reasons = {"mostly_off_road": doubtful} if doubtful else {}
    return [PlacedCheck("bus lines", len(lines.names), len(lines.names) - doubtful, reasons)]


def placed_schedule(city: City) -> list[PlacedCheck]:
    """Give how many of the planned works and events touch roads; none where nothing is planned."""
    entries = city.assets.schedule.entries
    if not entries:
        return []
    unplaced = len(PlannedPlaces(city.network, ScheduleSettings(), entries).unplaced)
    reasons = {PlacementDoubt.NO_SEGMENT_NEAR.value: unplaced} if unplaced else {}
    return [PlacedCheck(PLANNED, len(entries), len(entries) - unplaced, reasons)]


def near_road(
    network: Network, longitude: Degrees, latitude: Degrees, datum: Datum
) -> dict[str, float]:
    """Give the share of positions near a road were they recorded in each datum.

    They are given in WGS-84, as read by the datum that the feed says. A datum that shifts none of
    them is left out.
    """
    is_number = np.isfinite(longitude) & np.isfinite(latitude)
    longitude, latitude = longitude[is_number], latitude[is_number]
    step = max(1, len(longitude) // _MOST_POSITIONS)
    longitude, latitude = longitude[::step], latitude[::step]
    recorded = _recorded(longitude, latitude, datum)
    shares = {}
    for other in Datum:
        there = (longitude, latitude) if other is datum else to_wgs84(*recorded, other)
        if other is datum or np.any(there[0] != recorded[0]) or other is Datum.WGS84:
            shares[other.value] = _near(network, *there)
    return shares


def _recorded(longitude: Degrees, latitude: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """Give positions as they stand in a feed of a datum."""
    if datum is Datum.WGS84:
        return longitude, latitude
    shifted = wgs84_to_gcj02(longitude, latitude)
    return shifted if datum is Datum.GCJ02 else gcj02_to_bd09(*shifted)


def _near(network: Network, longitude: Degrees, latitude: Degrees) -> float:
    if not len(longitude):
        return 0.0
    bearing = np.full(len(longitude), np.nan)
    settings = PlacementSettings(max_distance_m=NEAR_M)
    found = place_sensors(network, longitude, latitude, bearing, settings=settings)
    return float(np.isfinite(found.distance_m).mean())


def box_of(feed: Feed) -> Box | None:
    """Give the rectangle of a feed's positions, without the odd ones; None where it has none."""
    points: list[tuple[Degrees, Degrees]] = []
    if feed.fixes is not None:
        points.append((feed.fixes["longitude"].to_numpy(), feed.fixes["latitude"].to_numpy()))
    for kind in (feed.assets.detectors, feed.assets.cameras, feed.assets.bus_stops):
        points.append(
            (np.array([one.longitude for one in kind]), np.array([one.latitude for one in kind]))
        )
    longitude, latitude = (np.concatenate(axis) for axis in zip(*points, strict=True))
    is_place = (np.abs(longitude) <= 180.0) & (np.abs(latitude) <= 90.0)
    if not is_place.any():
        return None
    west, east = np.quantile(longitude[is_place], (0.005, 0.995), method="nearest").tolist()
    south, north = np.quantile(latitude[is_place], (0.005, 0.995), method="nearest").tolist()
    return Box(west, south, east, north)
