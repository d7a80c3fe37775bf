"""The hours of a period, of the area and each of its districts, as a table of a report."""

from datetime import datetime

import numpy as np

from congestion.reports.area_minutes import area_name
from congestion.reports.opened import Opened
from congestion.reports.records import Column, Table
from congestion.reports.sources import DELAY, SPEED, TPI_MILEAGE, TPI_TRAVEL_TIME, TTI

HOUR_S = 3600

COLUMNS = [
    Column("hour"),
    Column("area"),
    Column("speed_kmh", "km/h", SPEED),
    Column("tti", "1", TTI),
    Column("tpi_travel_time", "0-10", TPI_TRAVEL_TIME),
    Column("tpi_mileage", "0-10", TPI_MILEAGE),
    Column("delay_veh_h", "veh h", DELAY),
    Column("observed_share", "share"),
    Column("sample_size", "segment minutes"),
]


def hours_table(opened: Opened) -> Table:
    """Give each hour's indices, the whole area first, then its districts."""
    minutes = opened.minutes
    offset = datetime.fromtimestamp(opened.period.start, opened.zone).utcoffset()
    shift = int(offset.total_seconds()) % HOUR_S if offset else 0
    hour = (minutes.minute + shift) // HOUR_S
    rows = []
    for region in (None, *minutes.regions()):
        name, chosen = area_name(region), minutes.of_region(region)
        for number in np.unique(hour[chosen]).tolist():
            rows_of = chosen & (hour == number)
            found = minutes.area(name, rows_of)
            known = int(minutes.known[rows_of].sum())
            at = datetime.fromtimestamp(number * HOUR_S - shift, opened.zone)
            rows.append([
                f"{at:%Y-%m-%d %H:%M}", name, found.speed_kmh, found.tti, found.tpi_travel_time,
                found.tpi_mileage, round(float(minutes.delay_veh_h[rows_of].sum()), 2),
                round(float(minutes.observed[rows_of].sum() / max(known, 1)), 3), known,
            ])  # fmt: skip
    return Table("hours", COLUMNS, rows)
