"""The point of the road that a command names."""

import numpy as np

from incidents.case_records import Command, Place
from incidents.nearby_roads import NearbyRoads
from incidents.place_words import PlaceNames
from incidents.road_points import coordinates
from ingest.datum import wgs84_to_gcj02
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

REACH_M = 200.0
"""A place farther from every road is on none. Unit: m. Source: chosen, a block of a city."""


class RoadPlaces:
    """Places on the roads of a network; remembers nothing."""

    def __init__(self, network: Network) -> None:
        self._network, self._plane = network, LocalPlane(network)
        self._nearby = NearbyRoads(network)
        self._names = PlaceNames(network)
        self._segments = {name: i for i, name in enumerate(network.segment_ids)}

    def __call__(self, command: Command) -> Place:
        """Give the named point: on its segment, where one is named, else on the nearest.

        Raises ValueError where the segment is not known, or the place is not beside a road.
        """
        segment, offset_m = self._point(command)
        x, y = coordinates(self._network, (segment, offset_m))
        degrees = self._plane.to_degrees(np.array([x]), np.array([y]))
        longitude, latitude = (float(value[0]) for value in degrees)
        gcj02 = [float(value[0]) for value in wgs84_to_gcj02(*degrees)]
        words = self._names.words(segment, offset_m)
        return Place(
            segment_id=self._network.segment_ids[segment],
            offset_m=round(offset_m, 1),
            longitude=round(longitude, 6),
            latitude=round(latitude, 6),
            gcj02_longitude=round(gcj02[0], 6),
            gcj02_latitude=round(gcj02[1], 6),
            road_name=self._network.names[segment],
            cross_from=words.cross_from,
            cross_to=words.cross_to,
            place_text=words.text,
        )

    def _point(self, command: Command) -> tuple[int, float]:
        named = None
        if command.segment_id is not None:
            named = self._segments.get(command.segment_id)
            if named is None:
                raise ValueError(f"segment_id {command.segment_id!r} is not in the network")
            length_m = float(self._network.length_m[named])
            if command.offset_m is not None:
                if command.offset_m > length_m:
                    raise ValueError(f"offset_m {command.offset_m:g}, expected 0 to {length_m:.1f}")
                return named, command.offset_m
        if command.longitude is None or command.latitude is None:
            if named is None or (command.longitude, command.latitude) != (None, None):
                raise ValueError("a place needs longitude and latitude, or segment_id")
            return named, length_m
        x, y = self._plane.to_metres(np.array([command.longitude]), np.array([command.latitude]))
        near = self._nearby.near(float(x[0]), float(y[0]), REACH_M)
        if named is not None:
            near = tuple(road for road in near if road.segment == named)
        if not near:
            where = f"segment {command.segment_id}" if named is not None else "any road"
            raise ValueError(
                f"longitude {command.longitude:g}, latitude {command.latitude:g} is more than "
                f"{REACH_M:g} m from {where}"
            )
        return near[0].segment, near[0].offset_m
