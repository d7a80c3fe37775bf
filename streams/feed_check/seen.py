"""What a feed's sensors will see of the network: which segments, how often, by road class."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from congestion.roadside import RoadsideAssets
from ingest.recorded.feed import Manifest
from ingest.units import Seconds
from mapmatch.network import NONE, ROAD_CLASSES, Network
from mapmatch.sources.roads import row_ranges
from streams.city import City
from streams.feed_check.records import ClassSeen
from streams.feed_check.rehearsal import Rehearsed

QUARTER_S = 900.0
"""A segment is seen by probes where one crosses it in so long. Unit: s. Source: chosen, as long
as a state is told from what was seen before."""
ALL = "all roads"

Flags = npt.NDArray[np.bool_]


def seen_by_class(city: City, manifest: Manifest, found: Rehearsed) -> list[ClassSeen]:
    """Give what is seen of each class of roads, most segments first, then of all."""
    network = city.network
    seen = _Seen(city, manifest, found)
    classes = np.unique(network.road_class)
    classes = classes[np.argsort([-(network.road_class == c).sum() for c in classes])]
    parts = [(ROAD_CLASSES[c], network.road_class == c) for c in classes.tolist()]
    return [seen.of(name, mask) for name, mask in [*parts, (ALL, np.ones(len(seen), bool))]]


class _Seen:
    """Which segments have what, as arrays of n."""

    def __init__(self, city: City, manifest: Manifest, found: Rehearsed) -> None:
        network, roadside = city.network, city.roadside
        self._network = network
        sends = [i in found.detector_ids for i in roadside.detectors.ids]
        self._lanes = _lanes_covered(network, roadside.detectors, np.array(sends, bool))
        watches = [tuple(i) in found.approach_ids for i in roadside.cameras.ids]
        self._has_camera = _marked(network, roadside.cameras.segment, np.array(watches, bool))
        self._quarters = _quarters(network, found.traversals, manifest.start, manifest.end)
        hours = (manifest.end - manifest.start) / 3600.0
        self._probes_per_hour = _crossings(network, found.traversals) / hours

    def __len__(self) -> int:
        return self._network.segment_count

    def of(self, name: str, mask: Flags) -> ClassSeen:
        """Give the shares of the segments where the mask is true."""
        has_detector = self._lanes > 0
        fixed = (has_detector | self._has_camera)[mask]
        by_probes = self._quarters[:, mask]
        lanes = self._network.lanes[mask & has_detector].sum()
        return ClassSeen(
            road_class=name,
            segment_count=int(mask.sum()),
            length_km=float(self._network.length_m[mask].sum()) / 1000.0,
            detector_share=float(has_detector[mask].mean()),
            lanes_share=float(self._lanes[mask].sum() / lanes) if lanes else 0.0,
            camera_share=float(self._has_camera[mask].mean()),
            probe_share=float(by_probes.mean()),
            observed_share=float((by_probes | fixed[None, :]).mean()),
            probes_per_segment_hour=float(self._probes_per_hour[mask].mean()),
        )


def _lanes_covered(
    network: Network, detectors: RoadsideAssets[str], sends: Flags
) -> npt.NDArray[np.int64]:
    """Give how many lanes of each segment the sending detectors cover."""
    stands = np.flatnonzero(sends & (detectors.segment != NONE))
    counted = np.ones(len(detectors)) if detectors.lanes is None else detectors.lanes
    lanes = np.nan_to_num(counted, nan=1.0)[stands].astype(np.int64)
    lane = detectors.lane[stands].repeat(lanes) + row_ranges(np.zeros(len(lanes), np.int64), lanes)
    pairs = np.unique(np.column_stack((detectors.segment[stands].repeat(lanes), lane)), axis=0)
    covered = np.bincount(pairs[:, 0].astype(np.int64), minlength=network.segment_count)
    return np.minimum(covered, network.lanes)


def _marked(network: Network, segment: npt.NDArray, counts: Flags) -> Flags:
    marked = np.zeros(network.segment_count, bool)
    if len(segment):
        marked[segment[counts & (segment != NONE)]] = True
    return marked


def _segments(network: Network, traversals: pa.Table) -> npt.NDArray[np.int64]:
    ids = pa.array(network.segment_ids, pa.string())
    places = pc.index_in(traversals["segment_id"], value_set=ids)
    return np.asarray(places.to_numpy(), np.int64)


def _crossings(network: Network, traversals: pa.Table) -> npt.NDArray[np.float64]:
    counts = np.bincount(_segments(network, traversals), minlength=network.segment_count)
    return counts.astype(np.float64)


def _quarters(network: Network, traversals: pa.Table, start: Seconds, end: Seconds) -> Flags:
    """Give quarters x n: which segments a probe was on in each whole quarter of an hour.

    A shorter span is one quarter.
    """
    count = max(1, int((end - start) / QUARTER_S))
    seen = np.zeros((count, network.segment_count), bool)
    segment = _segments(network, traversals)
    for name in ("enter_time", "exit_time"):
        at = traversals[name].cast(pa.int64()).to_numpy() / 1000.0
        quarter = np.floor((at - start) / QUARTER_S).astype(np.int64)
        is_inside = (quarter >= 0) & (quarter < count)
        seen[quarter[is_inside], segment[is_inside]] = True
    return seen
