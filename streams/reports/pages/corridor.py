"""The page of a report on corridors."""

from congestion.reports.made import Made
from streams.reports.charts import heat
from streams.reports.page import Chart, Page, numbers_table, sample_of, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, written

COLUMNS = (
    "corridor", "length_m", "travel_time_s", "free_time_s", "tti", "pti", "buffer_index", "lottr",
    "speed_kmh", "minutes",
)  # fmt: skip


def corridor_page(made: Made, words: Words) -> Page:
    """Write a report on corridors as a page."""
    report = made.report
    corridors = report.table("corridors")
    names = corridors.column("corridor")
    charts = [
        Chart(
            words("chart_corridor", name=name),
            heat(report.table(f"corridor_{number}"), words, words("chart_corridor", name=name)),
            sample_of(report.number(f"travel_time_s: {name}"), words),
        )
        for number, name in enumerate(names, start=1)
    ]
    of_corridors = [report.table(f"corridor_{number + 1}") for number in range(len(names))]
    marked = [segment for table in of_corridors for segment in table.column("segment_id")]
    first = tuple(f"{name}: {names[0]}" for name in ("travel_time_s", "tti", "pti", "lottr"))
    return Page(
        title=words("title_corridor"),
        subtitle=parts.subtitle(report, words),
        lead=[*_sentences(made, words), parts.coverage_sentence(report, words)],
        tiles=tiles(report, first, words),
        charts=charts,
        map=parts.map_of(made, words, marked),
        tables=[
            shown_table(corridors, COLUMNS, words, words("table_corridors")),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )


def _sentences(made: Made, words: Words) -> list[str]:
    table = made.report.table("corridors")
    columns = ("corridor", "length_m", "travel_time_s", "free_time_s", "tti", "pti")
    rows = zip(*(table.column(name) for name in columns), strict=True)
    return [
        words(
            "lead_corridor", name=name, period=parts.period_of(made.report, words),
            length=written(length), time=written(time), free=written(free), tti=written(tti),
            plan=written(free * pti),
        )
        for name, length, time, free, tti, pti in rows
    ]  # fmt: skip
