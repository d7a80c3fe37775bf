"""Places that are about to break down, in the form that subscribers read."""

import msgspec
import numpy as np

from congestion.risk.forecast import RiskMinute
from congestion.risk.signs import HORIZON_MINUTES
from incidents.case_records import PlaceText
from incidents.place_words import PlaceNames
from incidents.records import iso
from incidents.road_points import coordinates
from ingest.kernels.arrays import Floats
from ingest.units import KMH, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

_LEAST_QUEUE_M = 1.0  # shorter ones are none


class RiskSigns(msgspec.Struct, frozen=True):
    """What speaks for a breakdown; None where it is not known.

    `speed_kmh` is of the last minutes, `ahead_share` that of the slowest road ahead over its limit,
    `queue_ahead_m` how long the longest queue is that begins or goes on there and `queue_growth_m`
    by how much one grows a minute. `record_share` is after what share of its minutes the place
    broke down before, that of an unknown place counted in.
    """

    speed_kmh: float
    limit_kmh: float
    ahead_share: float | None
    queue_ahead_m: float | None
    queue_growth_m: float | None
    record_share: float


class Risk(msgspec.Struct, frozen=True):
    """One place that may break down: how likely it is within the horizon, and the level of that."""

    segment_id: str
    level: int
    probability: float
    longitude: float  # WGS-84, of its downstream end
    latitude: float
    road_name: str
    place_text: PlaceText
    signs: RiskSigns


class Risks(msgspec.Struct, frozen=True):
    """Every place at risk by one minute, the likeliest first; none is no news of the minute before.

    `minute` is its start, `event_time` when it could be told, both ISO 8601 UTC.
    """

    network: str
    minute: str
    event_time: str
    horizon_minutes: int
    risks: list[Risk]


class RiskTeller:
    """Gives the published form of forecasts; remembers how places are called, nothing else."""

    def __init__(self, network: Network, plane: LocalPlane, names: PlaceNames) -> None:
        self._network, self._plane, self._names = network, plane, names
        self._places: dict[int, tuple[float, float, PlaceText]] = {}

    def told(self, minute_start: Seconds, event_time: Seconds, found: RiskMinute) -> Risks:
        """Give the places at a level of 1 and more."""
        places = np.flatnonzero(found.level)
        order = np.lexsort((places, -found.probability[places]))
        return Risks(
            self._network.name,
            iso(minute_start),
            iso(event_time),
            HORIZON_MINUTES,
            [self._risk(int(place), found) for place in places[order]],
        )

    def _risk(self, place: int, found: RiskMinute) -> Risk:
        network = self._network
        longitude, latitude, text = self._place(place)
        signs, limit = found.signs, float(network.free_speed_mps[place]) * KMH
        ahead, queue_m, growth_m = (
            _known(signs[name], place) for name in ("speed ahead", "queue ahead", "growth ahead")
        )
        has_queue = queue_m is not None and queue_m >= _LEAST_QUEUE_M
        return Risk(
            network.segment_ids[place],
            int(found.level[place]),
            round(float(found.probability[place]), 2),
            longitude,
            latitude,
            network.names[place],
            text,
            RiskSigns(
                round(limit * float(np.exp(signs["speed"][place])), 1),
                round(limit, 1),
                None if ahead is None else round(float(np.exp(ahead)), 2),
                _round(queue_m) if has_queue else None,
                _round(growth_m) if has_queue else None,
                round(1.0 / (1.0 + float(np.exp(-signs["record"][place]))), 3),
            ),
        )

    def _place(self, place: int) -> tuple[float, float, PlaceText]:
        if place not in self._places:
            end = float(self._network.length_m[place])
            x, y = coordinates(self._network, (place, end))
            longitude, latitude = self._plane.to_degrees(np.array([x]), np.array([y]))
            text = self._names.words(place, end).text
            self._places[place] = round(float(longitude[0]), 6), round(float(latitude[0]), 6), text
        return self._places[place]


def _known(values: Floats, place: int) -> float | None:
    value = float(values[place])
    return value if np.isfinite(value) else None


def _round(metres: float | None) -> float | None:
    return None if metres is None else round(metres, 1)
