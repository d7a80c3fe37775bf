"""One minute of the whole city, as detection decides on it."""

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
