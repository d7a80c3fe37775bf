"""The page of a before-and-after report."""

from congestion.reports.made import Made
from congestion.reports.records import Report
from streams.reports.charts import pairs_chart
from streams.reports.page import Chart, Page, numbers_table, sample_of, shown_table, tiles
from streams.reports.pages import parts
from streams.reports.words import Words, percent, written

FIGURES = ("tti", "delay_veh_h_per_h", "speed_kmh")
TILES = tuple(f"{name}_change" for name in FIGURES)


def before_after_page(made: Made, words: Words) -> Page:
    """Write a before-and-after report as a page."""
    report = made.report
    pairs = report.table("pairs")
    charts = [
        Chart(
            words.of("num", name),
            pairs_chart(pairs, name, words),
            sample_of(report.number(f"{name}_change"), words),
        )
        for name in FIGURES
    ]
    return Page(
        title=words("title_before_after"),
        subtitle=parts.subtitle(report, words),
        lead=[*(sentence(report, name, words) for name in FIGURES),
              parts.coverage_sentence(report, words)],
        tiles=tiles(report, TILES, words),
        charts=charts,
        map=parts.map_of(made, words),
        tables=[
            shown_table(pairs, tuple(c.name for c in pairs.columns), words, words("table_pairs")),
            numbers_table(report, words),
        ],
        notes=parts.notes_of(report, words),
    )  # fmt: skip


def sentence(report: Report, name: str, words: Words) -> str:
    """Say in plain words what became of a figure, and claim no more than is shown."""
    change, low, high, claimed = (
        report.number(f"{name}_{kind}")
        for kind in ("change", "change_low", "change_high", "change_is_claimed")
    )
    figure = words.of("num", name)
    if change.value is None or low.value is None or high.value is None:
        return words("lead_few_pairs", figure=figure, pairs=written(change.sample_size))
    bounds = {"low": signed(low.value), "high": signed(high.value)}
    kind = "lead_no_effect"
    if claimed.value:
        kind = "lead_rose" if change.value > 0 else "lead_fell"
    elif low.value > 0 or high.value < 0:
        kind = "lead_perhaps"
    return words(
        kind, figure=figure, change=percent(abs(change.value)), signed=signed(change.value),
        pairs=written(change.sample_size), **bounds,
    )  # fmt: skip


def signed(share: float) -> str:
    """Give a change in percent with its sign."""
    return f"{share * 100:+.1f} %"
