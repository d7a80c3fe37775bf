"""Whose the places of commands are, what stands beside them, and which plans there are."""

import gzip
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from congestion.corridors import Corridor
from congestion.roadside import place_roadside
from incidents.case_records import Command
from incidents.cases.places import RoadPlaces
from incidents.dispatch.jurisdictions import (
    Jurisdictions,
    load_jurisdictions,
    units_geojson,
)
from incidents.response.around import Around
from incidents.response.plans import ResponsePlan
from ingest.recorded.assets import Assets, Camera, Detector
from ingest.recorded.schedule import Schedule
from mapmatch.geojson import segments_geojson
from mapmatch.network import Network
from mapmatch.placing.bus_lines import place_bus_lines
from mapmatch.road_columns import road_columns


class Places:
    """A city's roads and units; remembers what it worked out once."""

    def __init__(
        self,
        network: Network,
        jurisdictions: str | None,
        assets: Assets | None = None,
        plans: Sequence[ResponsePlan] = (),
        corridors: Sequence[Corridor] = (),
    ) -> None:
        self.network, self._file, self.corridors = network, jurisdictions, corridors
        self._assets, self.plans = assets or Assets(), list(plans)

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """The cameras' lanes."""
        return self._assets.cameras

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """The detectors of lanes."""
        return self._assets.detectors

    @property
    def schedule(self) -> Schedule:
        """The works and events that are planned."""
        return self._assets.schedule

    @cached_property
    def around(self) -> Around:
        """The roads with what stands beside them."""
        lines = place_bus_lines(self.network, self._assets.bus_lines)
        roadside = place_roadside(self.network, self._assets)
        return Around(self.network, roadside, lines.driven if lines else None)

    @cached_property
    def _units(self) -> Jurisdictions | None:
        return None if self._file is None else load_jurisdictions(Path(self._file), self.network)

    @cached_property
    def _roads(self) -> RoadPlaces:
        return RoadPlaces(self.network)

    @cached_property
    def packed_segments(self) -> bytes:
        """The segments as GeoJSON, as gzip."""
        return gzip.compress(segments_geojson(self.network), mtime=0)

    @cached_property
    def packed_roads(self) -> bytes:
        """The segments as the page reads them, as gzip."""
        return gzip.compress(msgspec.json.encode(road_columns(self.network)), mtime=0)

    @cached_property
    def geojson(self) -> bytes:
        """The units' polygons as GeoJSON in WGS-84; no features where none are known."""
        if self._file is None:
            return b'{"type":"FeatureCollection","features":[]}'
        return units_geojson(Path(self._file))

    def units_of(self, command: Command) -> tuple[str, ...]:
        """Give the units of the place that a command names, the smallest first.

        Raises ValueError where it names none, or one that is on no road.
        """
        place = self._roads(command)
        segment = self.network.index_of(place.segment_id)
        if self._units is None or segment is None:
            return ()
        return self._units.units_of(segment, place.offset_m)
