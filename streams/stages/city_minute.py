"""One minute of the whole city, and one tick between minutes, as detection decides on them."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from congestion.records import Sighting
from ingest.reports import Report


class CityMinute(NamedTuple):
    """All that detection is given of one minute, in the order of IncidentDetection.step()."""

    minute_start: float
    event_time: float
    states: list[pa.RecordBatch]
    sightings: list[Sighting]
    reports: Sequence[Report] = ()
    is_leapt: bool = False


class CityTick(NamedTuple):
    """What is seen between minutes, in the order of IncidentDetection.tick()."""

    time: float
    event_time: float
    sightings: list[Sighting]


CityStep = CityMinute | CityTick
