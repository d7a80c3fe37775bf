"""The network and what stands beside its roads, and to which partition a row of it belongs."""

import logging
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from congestion.roadside import Id, Roadside, RoadsideAssets, doubt_lines, place_roadside
from ingest.approaches import ApproachIndex
from ingest.checks.camera_events import known_approaches
from ingest.checks.check import Bounds
from ingest.checks.detector_events import known_sensors
from ingest.checks.readings import KnownDetectors, known_detectors
from ingest.kernels.arrays import Int32s
from ingest.recorded.assets import Assets
from mapmatch.fix_bounds import fix_bounds
from mapmatch.network import NONE, Network

log = logging.getLogger(__name__)

Partitions = npt.NDArray[np.int32]


@dataclass(frozen=True)
class City:
    """What every stage of a network's chain reads and none changes."""

    network: Network
    assets: Assets
    roadside: Roadside
    folder: Path  # of the network's artefact

    @property
    def identity(self) -> str:
        """Name the network so that a state of another one is recognised."""
        network = self.network
        whole = zlib.crc32("\n".join(network.segment_ids).encode())
        return f"{network.name}/{network.segment_count}/{network.region_count}/{whole:08x}"

    @cached_property
    def bounds(self) -> Bounds:
        """Give the rectangle that fixes must lie in."""
        return fix_bounds(self.network)

    @cached_property
    def known_detectors(self) -> KnownDetectors:
        """Give the detectors that readings may be of."""
        return known_detectors(self.assets)

    @cached_property
    def sensor_ids(self) -> pa.Array:
        """Give the ids detectors' events may carry."""
        return known_sensors(self.assets)

    @cached_property
    def approaches(self) -> ApproachIndex:
        """Give the approaches of cameras that events may carry."""
        return known_approaches(self.assets)

    @cached_property
    def _detectors(self) -> tuple[pa.Array, Partitions]:
        detectors = self.roadside.detectors
        return pa.array(detectors.ids, pa.string()), self._regions(detectors)

    @cached_property
    def _cameras(self) -> tuple[ApproachIndex, Partitions]:
        cameras = self.roadside.cameras
        return ApproachIndex(cameras.ids), self._regions(cameras)

    def _regions(self, kind: RoadsideAssets[Id]) -> Partitions:
        region = self.network.region[np.maximum(kind.segment, 0)].astype(np.int32)
        return np.where(kind.segment == NONE, NONE, region)

    def regions_of_readings(self, batch: pa.RecordBatch) -> Partitions:
        """Give the region of each reading's detector, NONE where it is unknown or unplaced."""
        return _look_up(batch.column("detector_id"), *self._detectors)

    def regions_of_camera_events(self, batch: pa.RecordBatch) -> Partitions:
        """Give the region of each event's approach, NONE where it is unknown or unplaced."""
        index, regions = self._cameras
        return _at(index.places(batch), regions)


def open_city(network: Network, folder: Path, assets: Assets) -> City:
    """Give the city, its roadside assets placed on the network."""
    roadside = place_roadside(network, assets)
    for line in doubt_lines(roadside):
        log.warning("%s: %s", network.name, line)
    for line in assets.schedule.refused:
        log.warning("left out of the schedule: %s", line)
    return City(network, assets, roadside, folder)


def _look_up(values: pa.Array, keys: pa.Array, regions: Partitions) -> Partitions:
    places = pc.index_in(values, value_set=keys).fill_null(NONE)
    return _at(np.asarray(places.to_numpy(zero_copy_only=False), np.int32), regions)


def _at(places: Int32s, regions: Partitions) -> Partitions:
    """Give the region at each place, NONE where the place is NONE."""
    if not len(regions):
        return np.full(len(places), NONE, np.int32)
    return np.where(places == NONE, NONE, regions[places]).astype(np.int32)


def partitions_of_vehicles(vehicle_ids: pa.Array, partition_count: int) -> Partitions:
    """Give each vehicle's partition: a hash of its id, the same in every process."""
    encoded = pc.dictionary_encode(vehicle_ids)
    names = encoded.dictionary.to_pylist()
    hashes = [zlib.crc32((name or "").encode()) % partition_count for name in names]
    if not hashes:
        return np.zeros(len(vehicle_ids), np.int32)
    index = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    return np.array(hashes, np.int32)[index]


def partitions_of_regions(regions: Partitions, partition_count: int) -> Partitions:
    """Give each region's partition; rows of no region go to the first, which refuses them."""
    return np.where(regions == NONE, 0, regions % partition_count).astype(np.int32)


def split(batch: pa.RecordBatch, partitions: Partitions, count: int) -> list[pa.RecordBatch]:
    """Give each partition's rows in their order; a partition without rows gets an empty batch."""
    if count == 1:
        return [batch]
    if not batch.num_rows:
        return [batch] * count
    return [batch.filter(pa.array(partitions == number)) for number in range(count)]
