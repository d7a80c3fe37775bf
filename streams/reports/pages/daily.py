"""The page of a daily report."""

from datetime import datetime

import numpy as np

from congestion.reports.made import Made
from streams.reports.charts import tti_by_minute
from streams.reports.page import Chart, Page, numbers_table, sample_of, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, written

TILES = (
    "tti", "tpi_travel_time", "speed_kmh", "delay_veh_h", "queue_delay_veh_h", "pti",
    "buffer_index", "observed_share",
)  # fmt: skip


def daily_page(made: Made, words: Words) -> Page:
    """Write a daily report as a page."""
    report = made.report
    of_minutes = sample_of(report.number("tti_worst_minute"), words)
    minutes = Chart(words("chart_tti"), tti_by_minute(made.opened, words), of_minutes)
    return Page(
        title=words("title_daily"),
        subtitle=parts.subtitle(report, words),
        lead=[_lead(made, words), parts.bottleneck_sentence(report.bottlenecks, words),
              parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=[minutes, parts.hours_chart(made, words), *parts.queue_charts(made, words)],
        map=parts.map_of(made, words),
        tables=[
            parts.bottlenecks_shown(report, words), parts.spans_shown(report, "hours", words),
            parts.causes_shown(report, words), numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip


def _lead(made: Made, words: Words) -> str:
    report = made.report
    start, end = parts.times_of(report)
    minutes, tti = made.opened.minutes.city_minutes()
    worst = datetime.fromtimestamp(int(minutes[np.nanargmax(tti)]), made.opened.zone)
    tpi = report.number("tpi_travel_time").value or 0.0
    return words(
        "lead_daily",
        day=words.day(start),
        area=parts.place_of(report, words),
        tti=written(report.number("tti").value),
        tpi=written(tpi),
        grade=parts.grade_of(tpi, words),
        worst_at=f"{worst:%H:%M}",
        worst_tti=written(float(np.nanmax(tti))),
        delay=written(report.number("delay_veh_h").value),
        queue_delay=written(report.number("queue_delay_veh_h").value),
        count=written(len(report.bottlenecks)),
        **{"from": f"{start:%H:%M}", "to": f"{end:%H:%M}"},
    )
