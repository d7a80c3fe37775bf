"""The page of a daily report."""

from datetime import datetime

import numpy as np

from congestion.indices import GRADES
from congestion.reports.made import Made
from congestion.reports.records import Bottleneck, Report, Table
from streams.reports.charts import by_cause, costliest, tpi_by_hour, tti_by_minute
from streams.reports.page import (
    Chart,
    Page,
    numbers_table,
    sample_of,
    shown_table,
    tiles,
)
from streams.reports.road_map import road_map
from streams.reports.words import Words, percent, written

TILES = (
    "tti", "tpi_travel_time", "speed_kmh", "delay_veh_h", "queue_delay_veh_h", "pti",
    "buffer_index", "observed_share",
)  # fmt: skip


def daily_page(made: Made, words: Words) -> Page:
    """Write a daily report as a page."""
    report = made.report
    return Page(
        title=words("title_daily"),
        subtitle=subtitle(report, words),
        lead=[_lead(made, words), bottleneck_sentence(report.bottlenecks, words),
              coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=_charts(made, words),
        map=map_of(made, words),
        tables=[
            shown_table(table(report, "bottlenecks"), bottleneck_columns(words), words,
                        words("table_bottlenecks")),
            shown_table(table(report, "hours"), HOURS, words, words("table_hours"), 30),
            shown_table(table(report, "causes"), CAUSES, words, words("table_causes")),
            numbers_table(report, words),
        ],
        notes=report.notes or [words("no_notes")],
    )  # fmt: skip


HOURS = (
    "hour", "area", "speed_kmh", "tti", "tpi_travel_time", "tpi_mileage", "delay_veh_h",
    "observed_share", "sample_size",
)  # fmt: skip
CAUSES = ("cause", "delay_veh_h", "share")


def bottleneck_columns(words: Words) -> tuple[str, ...]:
    """Give the columns of bottlenecks, the place in the page's language."""
    return ("rank", f"place_{words.language}", "delay_veh_h", "extent_m", "occurrences", "minutes",
            "causes")  # fmt: skip


def table(report: Report, name: str) -> Table:
    """Give the report's table of a name."""
    return next(table for table in report.tables if table.name == name)


def subtitle(report: Report, words: Words) -> str:
    """Say of where and when the report is."""
    start, end = (datetime.fromisoformat(time) for time in (report.start, report.end))
    return f"{place_of(report, words)}, {start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"


def place_of(report: Report, words: Words) -> str:
    """Say of where the report is."""
    if report.area == "city":
        return words("area_city", network=report.network)
    return words("area_part", area=report.area, network=report.network)


def _lead(made: Made, words: Words) -> str:
    report = made.report
    start, end = (datetime.fromisoformat(time) for time in (report.start, report.end))
    minutes, tti = made.opened.minutes.city_minutes()
    worst = datetime.fromtimestamp(int(minutes[np.nanargmax(tti)]), made.opened.zone)
    tpi = report.number("tpi_travel_time").value or 0.0
    return words(
        "lead_daily",
        day=words.day(start),
        area=place_of(report, words),
        tti=written(report.number("tti").value),
        tpi=written(tpi),
        grade=words(f"grade_{min(int(np.searchsorted(GRADES, tpi, 'right')) - 1, 4)}"),
        worst_at=f"{worst:%H:%M}",
        worst_tti=written(float(np.nanmax(tti))),
        delay=written(report.number("delay_veh_h").value),
        queue_delay=written(report.number("queue_delay_veh_h").value),
        count=written(len(report.bottlenecks)),
        **{"from": f"{start:%H:%M}", "to": f"{end:%H:%M}"},
    )


def bottleneck_sentence(bottlenecks: list[Bottleneck], words: Words) -> str:
    """Say which bottleneck cost most."""
    if not bottlenecks:
        return words("lead_no_bottleneck")
    worst = bottlenecks[0]
    place = worst.place_zh if words.language == "zh" else worst.place_en
    return words(
        "lead_bottleneck", place=place, delay=written(worst.delay_veh_h),
        extent=written(round(worst.extent_m)), minutes=written(worst.minutes),
    )  # fmt: skip


def coverage_sentence(report: Report, words: Words) -> str:
    """Say what the figures rest on."""
    coverage = report.coverage
    return words(
        "lead_coverage", observed=percent(coverage.observed), filled=percent(coverage.filled),
        missing=percent(coverage.missing),
    )  # fmt: skip


def _charts(made: Made, words: Words) -> list[Chart]:
    report = made.report
    hours = table(report, "hours")
    of_minutes, of_area, of_queues = (
        sample_of(report.number(name), words)
        for name in ("tti_worst_minute", "tti", "queue_delay_veh_h")
    )
    charts = [
        Chart(words("chart_tti"), tti_by_minute(made.opened, words), of_minutes),
        Chart(words("chart_hours"), tpi_by_hour(hours, words), of_area),
        Chart(words("chart_causes"), by_cause(table(report, "causes"), words), of_area),
    ]
    if report.bottlenecks:
        drawn = costliest(report.bottlenecks, words)
        charts.insert(2, Chart(words("chart_bottlenecks"), drawn, of_queues))
    return charts


def map_of(made: Made, words: Words) -> Chart | None:
    """Give the map, if the report has the sums of its segments."""
    if made.segments is None:
        return None
    drawn = road_map(made.opened.network, made.segments, made.report.bottlenecks, words)
    return Chart(words("map_title"), drawn, sample_of(made.report.number("tti"), words))
