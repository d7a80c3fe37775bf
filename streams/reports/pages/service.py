"""The page of a report on the service."""

from congestion.reports.made import Made
from streams.reports.charts import bars
from streams.reports.page import Chart, Page, numbers_table, sample_of, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, percent, written

TILES = (
    "case_count", "handled_in_time_share", "closed_share", "precision", "detection_min",
    "response_min", "roadway_clearance_min", "incident_clearance_min",
)  # fmt: skip
SPANS = ("detection", "verification", "dispatch", "response", "roadway_clearance",
         "incident_clearance", "recovery", "whole")  # fmt: skip
COLUMNS = ("cases", "handled_in_time_share", "closed_share", "precision", "response_min",
           "roadway_clearance_min", "incident_clearance_min")  # fmt: skip


def service_page(made: Made, words: Words) -> Page:
    """Write a report on the service as a page."""
    report = made.report
    cases, in_time = report.number("case_count"), report.number("handled_in_time_share")
    known = [(n, report.number(f"{n}_min").value) for n in SPANS]
    timed = [(words(f"num_{n}_min"), value) for n, value in known if value is not None]
    title = words("chart_spans")
    charts = []
    if timed:
        names, values = ([*of] for of in zip(*timed, strict=True))
        drawn = bars(names, values, words("axis_minutes"), title)
        charts.append(Chart(title, drawn, sample_of(cases, words)))
    lead = words(
        "lead_service_none_due" if in_time.value is None else "lead_service",
        period=parts.period_of(report, words), count=written(cases.value),
        due=written(in_time.sample_size), share=percent(in_time.value or 0.0),
    )  # fmt: skip
    shown = [
        shown_table(report.table(name), (key, *COLUMNS), words, words(f"table_{name}"))
        for name, key in (("units", "unit"), ("case_causes", "cause"), ("case_days", "day"))
        if report.table(name).rows
    ]
    return Page(
        title=words("title_service"),
        subtitle=parts.subtitle(report, words),
        lead=[lead, parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=charts,
        map=parts.map_of(made, words),
        tables=[*shown, numbers_table(report, words)],
        notes=parts.notes_of(report, words),
    )
