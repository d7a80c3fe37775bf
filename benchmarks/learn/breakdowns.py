"""Labelled mornings as the forecast of breakdowns is given them, and what truly broke down."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.incidents.recording import Recording, record
from benchmarks.recordings import district_of
from congestion.risk.record import BreakdownRecord
from congestion.risk.signs import HORIZON_MINUTES, PlaceMinute, RiskSignFinder
from incidents.settings import DetectionSettings
from incidents.signs.city import CitySignFinder, place_minute
from incidents.signs.city_arrays import city_arrays
from incidents.signs.lane_detectors import lane_detectors
from ingest.kernels.arrays import Flags, Floats
from mapmatch.network import Network

WARM_UP_MINUTES = 5
LEAST_VEHICLES = 5
"""A place that is congested has broken down where so many vehicles were on it in these minutes; one
that a single car waits on at a red light has not. Unit: count. Source: chosen, one a minute."""
LABEL_MINUTES = 5
"""Minutes over which the truth takes the speed of `congested`. Source: data/README.md."""


@dataclass(frozen=True)
class Morning:
    """What the states said of each minute and what was true: m minutes, n segments."""

    name: str
    folder: Path
    network: Network
    minutes: list[PlaceMinute]
    is_broken: Flags  # m x n
    truth_count: int  # minutes that the truth knows

    @property
    def district(self) -> str:
        """Give the district of the recording."""
        return district_of(self.name)

    @property
    def asked(self) -> range:
        """Give the minutes after which the truth tells what came."""
        return range(WARM_UP_MINUTES, self.truth_count - HORIZON_MINUTES)

    def breaks_after(self, minute: int) -> Flags:
        """Tell of each segment whether it is broken down in one of the next minutes."""
        return np.asarray(self.is_broken[minute + 1 : minute + 1 + HORIZON_MINUTES].any(axis=0))


@dataclass(frozen=True)
class Lesson:
    """The place-minutes of a morning of which a breakdown could be forecast: r rows.

    `history` is how many other mornings of its district the place's own record had seen.
    """

    name: str
    history: int
    signs: dict[str, npt.NDArray[np.float32]]
    breaks: npt.NDArray[np.float64]  # r, 1 where it broke down within the horizon
    minute: npt.NDArray[np.int64]  # r
    segment: npt.NDArray[np.int64]  # r
    true_rate: Floats  # r, how often the place broke down on the other mornings; NaN without

    @property
    def district(self) -> str:
        """Give the district of the recording."""
        return district_of(self.name)


def open_morning(feed: Path) -> Morning:
    """Run the chain over a feed; keep what the forecast needs of it, and its truth."""
    made = record(feed)
    network = made.network
    detectors = lane_detectors(network, made.roadside)
    finder = CitySignFinder(network, detectors, made.roadside, DetectionSettings())
    minutes, times = [], []
    for step in made.minutes:
        signs = finder.step(step.minute_start, step.states, step.sightings)
        if signs.is_blind:
            continue
        arrays = city_arrays(network, detectors, step.minute_start, step.states)
        minutes.append(place_minute(arrays, signs.flows.is_known, signs.queues))
        times.append(step.minute_start)
    is_broken, count = broken(made, times)
    return Morning(made.name, feed, network, minutes, is_broken, count)


def broken(made: Recording, times: Sequence[float]) -> tuple[Flags, int]:
    """Give m x n where a segment truly had broken down, and of how many minutes it is known."""
    rows = pd.read_parquet(made.folder / "truth" / "segment_minutes.parquet")
    starts = pd.DatetimeIndex(pd.to_datetime(np.array(times), unit="s", utc=True))
    rows = rows[rows.interval_start.isin(starts)]
    cells = (
        starts.get_indexer(pd.DatetimeIndex(rows.interval_start)),
        pd.Index(made.network.segment_ids).get_indexer(pd.Index(rows.link_id)),
    )
    entered, left, slow = (np.zeros((len(times), made.network.segment_count)) for _ in range(3))
    for array, column in ((entered, "entered"), (left, "left"), (slow, "congested")):
        array[cells] = rows[column]
    present = (entered - left).cumsum(axis=0)
    present -= np.minimum(present.min(axis=0), 0.0)
    seen = np.zeros_like(entered)
    for minute in range(len(times)):
        first = max(0, minute + 1 - LABEL_MINUTES)
        before = present[first - 1] if first else 0.0
        seen[minute] = before + entered[first : minute + 1].sum(axis=0)
    return (slow > 0) & (seen >= LEAST_VEHICLES), int((starts <= rows.interval_start.max()).sum())


def lesson_of(morning: Morning, others: Sequence[Morning]) -> Lesson:
    """Give the rows of a morning whose places had been seen on others of its district before."""
    own = RiskSignFinder(morning.network).record
    for other in others:
        own = _walk(other, own)
    finder = RiskSignFinder(morning.network)
    finder.record = own
    true_rate = true_rates(others)
    rows = []
    for number, minute in enumerate(morning.minutes):
        signs = finder.step(minute)
        if number not in morning.asked:
            continue
        places = np.flatnonzero(finder.is_asked() & ~morning.is_broken[number])
        breaks = morning.breaks_after(number)[places]
        rates = true_rate[places] if len(others) else np.full(len(places), np.nan)
        kept = {name: values[places].astype(np.float32) for name, values in signs.items()}
        rows.append((kept, breaks, np.full(len(places), number), places, rates))
    return Lesson(
        morning.name,
        len(others),
        {name: np.concatenate([row[0][name] for row in rows]) for name in rows[0][0]},
        np.concatenate([row[1] for row in rows]).astype(np.float64),
        *(np.concatenate([row[k] for row in rows]) for k in (2, 3, 4)),
    )


def true_rates(others: Sequence[Morning]) -> Floats:
    """Give how often each place truly broke down on some mornings; the prior of the record too."""
    if not others:
        return np.zeros(0)
    asked = [(m, k) for m in others for k in m.asked]
    free = sum((~m.is_broken[k]).astype(np.float64) for m, k in asked)
    came = sum((~m.is_broken[k] & m.breaks_after(k)).astype(np.float64) for m, k in asked)
    return BreakdownRecord.shrunk(np.asarray(came), np.asarray(free))


def _walk(morning: Morning, own: BreakdownRecord) -> BreakdownRecord:
    """Give the record after a morning."""
    finder = RiskSignFinder(morning.network)
    finder.record = own
    for minute in morning.minutes:
        finder.step(minute)
    return finder.record
