"""The page of a weekly report."""

from congestion.reports.made import Made
from streams.reports.page import Page, numbers_table, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, percent, written

TILES = (
    "tti", "tpi_travel_time", "delay_veh_h", "queue_delay_veh_h", "recurrent_delay_veh_h",
    "lottr_reliable_share", "phed_person_h", "observed_share",
)  # fmt: skip
SHOWN_SEGMENTS = 15
LEAST_QUARTERS = 20
"""Of fewer quarters of an hour a segment its reliability is a guess. Unit: count. Source: chosen;
the slowest fifth of them is then four."""


def weekly_page(made: Made, words: Words) -> Page:
    """Write a weekly report as a page."""
    report = made.report
    lottr = report.table("lottr")
    columns = ("road_name", "segment_id", *(c.name for c in lottr.columns[2:]))
    return Page(
        title=words("title_weekly"),
        subtitle=parts.subtitle(report, words),
        lead=[parts.lead_of_period(made, words), parts.lead_of_queues(report, words),
              _reliability(made, words), parts.recurrent_sentence(report, words),
              parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=[parts.days_chart(made, words), parts.hours_chart(made, words),
                *parts.queue_charts(made, words)],
        map=parts.map_of(made, words),
        tables=[
            parts.spans_shown(report, "days", words), parts.bottlenecks_shown(report, words),
            parts.causes_shown(report, words),
            shown_table(lottr, columns, words, words("table_lottr"), SHOWN_SEGMENTS),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip


def _reliability(made: Made, words: Words) -> str:
    reliable = made.report.number("lottr_reliable_share")
    phed = made.report.number("phed_person_h")
    if reliable.value is None:
        return words("lead_no_lottr")
    told = words("lead_lottr", share=percent(reliable.value), phed=written(phed.value))
    quarters = reliable.sample_size / len(made.report.table("lottr").rows)
    if quarters < LEAST_QUARTERS:
        told += words("lead_few_quarters", quarters=written(round(quarters, 1)))
    return told
