"""The page of a report after an incident."""

from congestion.reports.made import Made
from streams.reports.charts import queue_chart, tti_by_minute
from streams.reports.page import Chart, Page, numbers_table, sample_of, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, written

TILES = ("incident_minutes", "incident_delay_veh_h", "longest_queue_m", "tti")
SHOWN_STEPS = 60


def incident_page(made: Made, words: Words) -> Page:
    """Write a report after an incident as a page."""
    report = made.report
    queue, steps = report.table("queue"), report.table("timeline")
    lost = report.number("incident_delay_veh_h")
    charts = [
        Chart(words("chart_tti"), tti_by_minute(made.opened, words),
              sample_of(report.number("tti_worst_minute"), words)),
    ]  # fmt: skip
    if queue.rows:
        drawn = queue_chart(queue, words)
        charts.insert(0, Chart(words("chart_queue"), drawn, sample_of(lost, words)))
    lead = words(
        "lead_incident", period=parts.period_of(report, words),
        minutes=written(report.number("incident_minutes").value), delay=written(lost.value),
        queue=written(report.number("longest_queue_m").value), steps=written(len(steps.rows)),
    )  # fmt: skip
    return Page(
        title=words("title_incident"),
        subtitle=parts.subtitle(report, words),
        lead=[lead, parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=charts,
        map=parts.map_of(made, words),
        tables=[
            shown_table(steps, ("time", "actor", "action", "detail"), words,
                        words("table_timeline"), SHOWN_STEPS),
            shown_table(queue, ("time", "length_m", "delay_veh_h"), words, words("table_queue"),
                        SHOWN_STEPS),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip
