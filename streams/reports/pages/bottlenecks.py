"""The page of a report on bottlenecks."""

from congestion.reports.made import Made
from congestion.reports.records import Report
from streams.reports.page import Page, ShownTable, numbers_table, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words

TILES = (
    "bottlenecks", "queue_delay_veh_h", "recurrent_delay_veh_h", "nonrecurrent_delay_veh_h",
    "delay_veh_h", "tti", "tpi_travel_time", "observed_share",
)  # fmt: skip
BUS_STOPS = ("road_name", "stops", "queue_minutes", "blocking_index", "delay_veh_h",
             "told_delay_veh_h", "has_signal")  # fmt: skip


def bottlenecks_page(made: Made, words: Words) -> Page:
    """Write a report on bottlenecks as a page."""
    report = made.report
    return Page(
        title=words("title_bottlenecks"),
        subtitle=parts.subtitle(report, words),
        lead=[parts.lead_of_period(made, words), parts.lead_of_queues(report, words),
              parts.recurrent_sentence(report, words), parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=[*parts.queue_charts(made, words), parts.days_chart(made, words)],
        map=parts.map_of(made, words),
        tables=[
            parts.bottlenecks_shown(report, words), parts.causes_shown(report, words),
            *_bus_stops(report, words), parts.spans_shown(report, "days", words),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip


def _bus_stops(report: Report, words: Words) -> list[ShownTable]:
    """Show the stops at which queues began, where stops are known."""
    found = [table for table in report.tables if table.name == "bus_stops"]
    return [shown_table(table, BUS_STOPS, words, words("table_bus_stops")) for table in found]
