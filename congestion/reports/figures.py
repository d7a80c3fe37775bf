"""The figures of an area over a period that every kind of report begins with."""

import numpy as np

from congestion.reliability import buffer_index, planning_time_index
from congestion.reports import sources
from congestion.reports.opened import Opened
from congestion.reports.queues.bottlenecks import Ranked
from congestion.reports.records import Number

MINUTES = "minutes"
SEGMENT_MINUTES = "segment minutes"


def area_numbers(opened: Opened) -> list[Number]:
    """Give the indices of the area over the period, and what they rest on."""
    minutes, every = opened.minutes, opened.minutes.of_region(None)
    whole, known = minutes.area(opened.area.name, every), int(minutes.known.sum())
    coverage = opened.coverage()
    _, tti = opened.minutes.city_minutes()
    times = tti[np.isfinite(tti)]
    count = len(times)

    def of_area(name: str, value: float | None, unit: str, source: str) -> Number:
        return Number(name, value, unit, known, SEGMENT_MINUTES, source)

    def of_minutes(name: str, value: float, source: str) -> Number:
        return Number(name, round(value, 3), "1", count, MINUTES, source)

    return [
        of_area("speed_kmh", whole.speed_kmh, "km/h", sources.SPEED),
        of_area("tti", whole.tti, "1", sources.TTI),
        of_area("tpi_travel_time", whole.tpi_travel_time, "0-10", sources.TPI_TRAVEL_TIME),
        of_area("tpi_mileage", whole.tpi_mileage, "0-10", sources.TPI_MILEAGE),
        of_area("congested_share", whole.congested_share, "share", sources.TPI_MILEAGE),
        of_minutes("tti_worst_minute", float(times.max()), sources.TTI),
        of_minutes("pti", planning_time_index(times, 1.0), sources.PTI),
        of_minutes("buffer_index", buffer_index(times), sources.BUFFER),
        of_area("delay_veh_h", round(float(minutes.delay_veh_h.sum()), 2), "veh h", sources.DELAY),
        *(
            Number(name, round(share, 4), "share", coverage.expected, SEGMENT_MINUTES,
                   sources.COVERAGE)
            for name, share in (
                ("observed_share", coverage.observed), ("filled_share", coverage.filled),
                ("missing_share", coverage.missing),
            )
        ),
    ]  # fmt: skip


def queue_numbers(ranked: Ranked) -> list[Number]:
    """Give what the queues of the period came to."""
    count = len(ranked.queues)
    lost = float(ranked.queues.delay_veh_h.sum())
    return [
        Number("queue_delay_veh_h", round(lost, 2), "veh h", count, "queue minutes",
               f"{sources.DELAY}; {sources.QUEUES}"),
        Number("bottlenecks", len(ranked.bottlenecks), "count", count, "queue minutes",
               sources.QUEUES),
    ]  # fmt: skip
