"""The page of a report on detectors."""

from congestion.reports.made import Made
from streams.reports.charts import bars
from streams.reports.page import Chart, Page, numbers_table, sample_of, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, written

TILES = ("faulty_detectors", "fault_h", "observed_share")


def detectors_page(made: Made, words: Words) -> Page:
    """Write a report on detectors as a page."""
    report = made.report
    kinds = report.table("fault_kinds")
    title, faulty = words("chart_faults"), report.number("faulty_detectors")
    names = [words.of("fault", name) for name in kinds.column("fault")]
    drawn = bars(names, kinds.column("fault_h"), words("axis_fault_h"), title)
    lead = words("lead_detectors", count=written(faulty.value), faults=written(faulty.sample_size),
                 hours=written(report.number("fault_h").value),
                 period=parts.period_of(report, words))  # fmt: skip
    return Page(
        title=words("title_detectors"),
        subtitle=parts.subtitle(report, words),
        lead=[lead, parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=[Chart(title, drawn, sample_of(faulty, words))] if names else [],
        map=parts.map_of(made, words),
        tables=[
            shown_table(kinds, ("fault", "faults", "fault_h"), words, title),
            shown_table(report.table("faults"),
                        ("detector_id", "fault", "from", "to", "hours", "evidence"), words,
                        words("table_faults"), 40),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip
