"""The hours or days of a period, of the area and each of its districts, as a table of a report."""

from congestion.reports import sources
from congestion.reports.local_time import Label, day_of, hour_of, labelled
from congestion.reports.opened import Opened
from congestion.reports.records import Column, Table

_INDICES = [
    Column("area"),
    Column("speed_kmh", "km/h", sources.SPEED),
    Column("tti", "1", sources.TTI),
    Column("tpi_travel_time", "0-10", sources.TPI_TRAVEL_TIME),
    Column("tpi_mileage", "0-10", sources.TPI_MILEAGE),
    Column("delay_veh_h", "veh h", sources.DELAY),
    Column("observed_share", "share", sources.COVERAGE),
    Column("sample_size", "segment minutes"),
]


def hours_table(opened: Opened) -> Table:
    """Give each hour's indices, the whole area first, then its districts."""
    return _spans(opened, "hours", "hour", hour_of)


def days_table(opened: Opened) -> Table:
    """Give each day's indices, the whole area first, then its districts."""
    return _spans(opened, "days", "day", day_of)


def _spans(opened: Opened, name: str, span: str, label: Label) -> Table:
    minutes = opened.minutes
    labels, code = labelled(minutes.minute, opened.zone, label)
    rows = []
    for region in (None, *minutes.regions()):
        area, chosen = opened.area.district_name(region), minutes.of_region(region)
        for number, text in enumerate(labels):
            rows_of = chosen & (code == number)
            known = int(minutes.known[rows_of].sum())
            if not known:
                continue
            found = minutes.area(area, rows_of)
            rows.append([
                text, area, found.speed_kmh, found.tti, found.tpi_travel_time, found.tpi_mileage,
                round(float(minutes.delay_veh_h[rows_of].sum()), 2),
                round(float(minutes.observed[rows_of].sum() / known), 3), known,
            ])  # fmt: skip
    return Table(name, [Column(span), *_INDICES], rows)
