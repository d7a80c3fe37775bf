"""The page of a report on coverage."""

from congestion.reports.made import Made
from streams.reports.charts import shares_by_class
from streams.reports.page import Chart, Page, numbers_table, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, written

TILES = (
    "observed_share", "filled_share", "missing_share", "never_observed_segments", "gap_minutes",
)  # fmt: skip


def coverage_page(made: Made, words: Words) -> Page:
    """Write a report on coverage as a page."""
    report = made.report
    classes, gaps = report.table("classes"), report.table("gaps")
    drawn = shares_by_class(classes, words)
    never, minutes = (report.number(n).value for n in ("never_observed_segments", "gap_minutes"))
    return Page(
        title=words("title_coverage"),
        subtitle=parts.subtitle(report, words),
        lead=[parts.coverage_sentence(report, words),
              words("lead_gaps", never=written(never), minutes=written(minutes))],
        tiles=tiles(report, TILES, words),
        charts=[Chart(words("chart_classes"), drawn, parts.of_area(report, words)),
                parts.hours_chart(made, words)],
        map=parts.map_of(made, words),
        tables=[
            shown_table(classes, tuple(c.name for c in classes.columns), words,
                        words("table_classes")),
            shown_table(gaps, ("from", "to", "minutes"), words, words("table_gaps")),
            parts.spans_shown(report, "days", words), numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip
