"""The numbers of each source, and the unit that fits them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from ingest.checks.camera_events import LONGEST_DWELL_S
from ingest.checks.check import HIGHEST_SPEED_KMH
from ingest.checks.readings import MOST_OF_A_STATION_PER_S
from ingest.checks.set_aside import NONE_VALUES
from ingest.feed_check.motion import HEADINGS, Motion
from ingest.feed_check.spread import spread_of
from ingest.feed_check.units import (
    LANE,
    RIGHT,
    DetectorSigns,
    Units,
    detector_units,
    fix_speed_unit,
)
from ingest.frames import LONGEST_INTERVAL_S
from ingest.units import KMH
from mapmatch.network import NONE
from streams.city import City
from streams.feed_check.records import FieldCheck

Numbers = npt.NDArray[np.float64]

_BUSY = 0.95
"""A detector's flow and free speed are this quantile of its readings. Unit: share. Source: chosen;
the largest may be errors."""
_LEAST_READINGS = 20
"""A detector with fewer readings says nothing of its flow or free speed. Unit: count. Source:
chosen, so that the quantile is not the largest."""

_LEAST_CONSTANT = 100
"""So many values that are all the same, and not 0, measure nothing. Unit: count. Source: chosen."""
_LEAST_NONE = 0.01
"""The highest value says "none" if it is one of NONE_VALUES, so many are it, and twice what nearly
all others are is less. Unit: share. Source: chosen; an error is not so often the same."""
_HIGHEST = {
    "speed_kmh": HIGHEST_SPEED_KMH,
    "heading_deg": 360.0,
    "dwell_s": LONGEST_DWELL_S,
    "occupancy": 100.0,
    "vehicle_count": MOST_OF_A_STATION_PER_S * LONGEST_INTERVAL_S,
}
"""No value is higher, in any unit that a source may mean. Unit: that of the field."""


class DetectorRoads(NamedTuple):
    """Of each placed detector, by its id: its road's limit (km/h) and lanes, the lanes it counts.

    `counted` holds those that the feed says, and no others.
    """

    limit_kmh: dict[str, float]
    lanes: dict[str, int]
    counted: dict[str, int]


def roads_of_detectors(city: City | None) -> DetectorRoads:
    """Give the roads of the detectors that have one; none without a network."""
    if city is None:
        return DetectorRoads({}, {}, {})
    detectors, network = city.roadside.detectors, city.network
    at = {i: s for i, s in zip(detectors.ids, detectors.segment.tolist(), strict=True) if s != NONE}
    return DetectorRoads(
        {i: KMH * float(network.free_speed_mps[s]) for i, s in at.items()},
        {i: int(network.lanes[s]) for i, s in at.items()},
        {d.detector_id: d.lanes for d in city.assets.detectors if d.lanes is not None},
    )


def fix_fields(fixes: pa.Table, motion: Motion) -> list[FieldCheck]:
    """Give the speed and heading of one fleet's fixes beside what their positions show."""
    speed, heading = _numbers(fixes, "speed_kmh"), _numbers(fixes, "heading_deg")
    return [
        _field("speed_kmh", RIGHT.speed, fix_speed_unit(motion.speed_ratio), speed),
        _field("heading_deg", HEADINGS[0], motion.heading_fits, heading),
    ]


def reading_fields(readings: pa.Table, roads: DetectorRoads) -> list[FieldCheck]:
    """Give count, occupancy and speed of readings, with the units that fit best together."""
    count, occupancy, speed = (
        _numbers(readings, name) for name in ("vehicle_count", "occupancy", "speed_kmh")
    )
    length_s = _numbers(readings, "interval_s")
    none = _likely_none(count)
    if none is not None:
        count[count == none] = np.nan
    signs = _signs(readings, roads, count)
    units = detector_units(signs) if readings.num_rows else RIGHT
    fits = Units(
        *(
            unit if np.isfinite(numbers).any() else None
            for unit, numbers in zip(units, (speed, occupancy, count), strict=True)
        )  # type: ignore[arg-type]
    )
    return [
        _field("interval_s", "s", None, length_s),
        replace(_field("vehicle_count", LANE, fits.counted, count), likely_none=none),
        _field("occupancy", RIGHT.occupancy, fits.occupancy, occupancy),
        _field("speed_kmh", RIGHT.speed, fits.speed, speed),
    ]


def camera_fields(events: pa.Table) -> list[FieldCheck]:
    """Give the speeds and dwells of camera events; nothing shows their units."""
    return [
        _field("speed_kmh", RIGHT.speed, None, _numbers(events, "speed_kmh")),
        _field("dwell_s", "s", None, _numbers(events, "dwell_s")),
    ]


def _field(name: str, unit: str, fits: str | None, numbers: Numbers) -> FieldCheck:
    present = float(np.isfinite(numbers).mean()) if len(numbers) else 0.0
    return FieldCheck(name, unit, fits, present, spread_of(numbers), _constant(numbers))


def _constant(numbers: Numbers) -> float | None:
    finite = numbers[np.isfinite(numbers)]
    if len(finite) < _LEAST_CONSTANT or finite[0] == 0.0 or finite.min() != finite.max():
        return None
    return float(finite[0])


def _numbers(table: pa.Table, name: str) -> Numbers:
    """Give a column without what cannot be, which a run sets aside or refuses."""
    column = pc.fill_null(table[name].cast(pa.float64()), np.nan)
    numbers = np.array(column.to_numpy(), np.float64)
    with np.errstate(invalid="ignore"):
        numbers[(numbers < 0.0) | (numbers > _HIGHEST.get(name, np.inf))] = np.nan
    return numbers


def _likely_none(numbers: Numbers) -> float | None:
    """Give the value that stands for "none" by how far and how often it stands above the others."""
    finite = numbers[np.isfinite(numbers)]
    highest = float(finite.max(initial=-np.inf))
    others = finite[finite < highest]
    if highest not in NONE_VALUES or len(finite) - len(others) < _LEAST_NONE * len(finite):
        return None
    stands_out = len(others) > 0 and 2.0 * np.quantile(others, 0.99) < highest
    return highest if stands_out else None


def _signs(readings: pa.Table, roads: DetectorRoads, count: Numbers) -> DetectorSigns:
    occupancy, speed, interval = (
        _numbers(readings, name) for name in ("occupancy", "speed_kmh", "interval_s")
    )
    ids = readings["detector_id"].combine_chunks().dictionary_encode()
    codes = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    names = ids.dictionary.to_pylist()
    counted = np.array([*(roads.counted.get(name, 1) for name in names), 1])
    count = count / counted[codes]
    flow = np.divide(3600.0 * count, interval, out=np.full(len(count), np.nan),
                     where=interval > 0)  # fmt: skip
    free = _busy(codes, speed, len(names))
    limit = np.array([roads.limit_kmh.get(name, np.nan) for name in names])
    lanes = np.array(
        [1 if name in roads.counted else roads.lanes.get(name, np.nan) for name in names]
    )
    high = occupancy[np.isfinite(occupancy)]
    return DetectorSigns(
        speed_ratio=_middle(free / limit),
        length_m=_length_m(count, occupancy, speed, interval),
        flow_veh_h=_busiest(_busy(codes, flow, len(names))),
        highest_occupancy=float(np.quantile(high, 0.999)) if len(high) else np.nan,
        lane_count=_middle(lanes),
        interval_s=_middle(interval),
    )


def _length_m(count: Numbers, occupancy: Numbers, speed: Numbers, interval: Numbers) -> float:
    """Give the median length that vehicles have by readings with many of them."""
    is_whole = (count > 0) & (occupancy > 0) & (speed > 0) & (interval > 0)
    if is_whole.sum() < _LEAST_READINGS:
        return float("nan")
    count, occupancy, speed, interval = (
        numbers[is_whole] for numbers in (count, occupancy, speed, interval)
    )
    is_many = count >= np.median(count)
    length = occupancy * interval * speed / KMH / count
    return float(np.median(length[is_many]))


def _busy(codes: npt.NDArray, numbers: Numbers, count: int) -> Numbers:
    """Give a high quantile of each detector's numbers, NaN where it has few."""
    is_number = np.isfinite(numbers) & (codes >= 0)
    codes, numbers = codes[is_number], numbers[is_number]
    order = np.lexsort((numbers, codes))
    sizes = np.bincount(codes, minlength=count)
    starts = np.cumsum(sizes) - sizes
    at = starts + (_BUSY * (sizes - 1)).astype(np.int64)
    found = np.full(count, np.nan)
    has_many = sizes >= _LEAST_READINGS
    found[has_many] = numbers[order][at[has_many]]
    return found


def _busiest(numbers: Numbers) -> float:
    finite = numbers[np.isfinite(numbers)]
    return float(np.quantile(finite, 0.9)) if len(finite) else float("nan")


def _middle(numbers: Numbers) -> float:
    finite = numbers[np.isfinite(numbers)]
    return float(np.median(finite)) if len(finite) else float("nan")
