"""The page of a report after an incident."""

from datetime import datetime

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
    (row,) = report.table("incident").rows
    told = dict(zip((c.name for c in report.table("incident").columns), row, strict=True))
    lead = words(
        "lead_incident", day=words.day(datetime.fromisoformat(told["onset"])),
        start=told["onset"][-5:], place=told[f"place_{words.language}"] or told["segment_id"],
        cause=words.of("cause", told["cause"]),
        minutes=written(round(report.number("incident_minutes").value or 0.0)),
        delay=written(lost.value),
        queue=written(report.number("longest_queue_m").value), steps=written(len(steps.rows)),
    )  # fmt: skip
    return Page(
        title=words("title_incident"),
        subtitle=parts.subtitle(report, words),
        lead=[lead, parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=charts,
        map=parts.map_of(made, words, told["queue_segment_ids"].split(), "map_title_queue"),
        tables=[
            shown_table(steps, ("time", "actor", "action", "detail"), words,
                        words("table_timeline"), SHOWN_STEPS),
            shown_table(queue, ("time", "length_m", "delay_veh_h"), words, words("table_queue"),
                        SHOWN_STEPS),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip
