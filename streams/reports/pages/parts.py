"""What the pages of several kinds of reports have: sentences, charts and tables."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from congestion.indices import GRADES
from congestion.reports.made import Made
from congestion.reports.records import Bottleneck, Report
from streams.reports.charts import by_cause, costliest, days_of, tpi_by_hour
from streams.reports.page import Chart, ShownMap, ShownTable, sample_of, shown_table
from streams.reports.road_map import legend, road_map
from streams.reports.words import Words, percent, written

SPAN_COLUMNS = (
    "area", "speed_kmh", "tti", "tpi_travel_time", "tpi_mileage", "delay_veh_h", "observed_share",
    "sample_size",
)  # fmt: skip
SHOWN_HOURS = 30


def subtitle(report: Report, words: Words) -> str:
    """Say of where and when the report is."""
    start, end = times_of(report)
    return f"{place_of(report, words)}, {start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"


def times_of(report: Report) -> tuple[datetime, datetime]:
    """Give the local times from which until before which the report is."""
    start, end = (datetime.fromisoformat(time) for time in (report.start, report.end))
    return start, end


def place_of(report: Report, words: Words) -> str:
    """Say of where the report is."""
    if report.area == "city":
        return words("area_city", network=report.network)
    kind = "area_part" if report.area.isdecimal() else "area_drawn"
    return words(kind, area=report.area, network=report.network)


def period_of(report: Report, words: Words) -> str:
    """Say from which day to which the report is."""
    start, end = times_of(report)
    last = end - timedelta(minutes=1)
    if start.date() == last.date():
        return words.day(start)
    return words("period", first=words.day(start), last=words.day(last))


def grade_of(tpi: float, words: Words) -> str:
    """Give the word of a performance index."""
    return words(f"grade_{min(int(np.searchsorted(GRADES, tpi, 'right')) - 1, 4)}")


def lead_of_period(made: Made, words: Words) -> str:
    """Say how slow the area was over days, and what it cost."""
    report = made.report
    tpi = report.number("tpi_travel_time").value or 0.0
    return words(
        "lead_period", period=period_of(report, words), area=place_of(report, words),
        tti=written(report.number("tti").value), tpi=written(tpi), grade=grade_of(tpi, words),
        delay=written(report.number("delay_veh_h").value),
    )  # fmt: skip


def lead_of_queues(report: Report, words: Words) -> str:
    """Say what was lost in queues, where most of it, and how much of it comes again."""
    queues = words(
        "lead_queues", delay=written(report.number("queue_delay_veh_h").value),
        count=written(len(report.bottlenecks)),
    )  # fmt: skip
    return f"{queues} {bottleneck_sentence(report.bottlenecks, words)}"


def recurrent_sentence(report: Report, words: Words) -> str:
    """Say how much of the delay in queues recurs, or why that cannot be said."""
    recurrent, other = (
        report.number(name).value for name in ("recurrent_delay_veh_h", "nonrecurrent_delay_veh_h")
    )
    if recurrent is None or other is None:
        return words("lead_not_split")
    share = percent(recurrent / max(recurrent + other, 1e-9))
    days = report.number("recurrent_delay_veh_h").sample_size
    return words("lead_split", share=share, days=written(days))


def bottleneck_sentence(bottlenecks: list[Bottleneck], words: Words) -> str:
    """Say which bottleneck cost most."""
    if not bottlenecks:
        return words("lead_no_bottleneck")
    worst = bottlenecks[0]
    place = worst.place_zh if words.language == "zh" else worst.place_en
    return words(
        "lead_bottleneck", place=place, delay=written(worst.delay_veh_h),
        extent=written(worst.extent_m), minutes=written(worst.minutes),
    )  # fmt: skip


def coverage_sentence(report: Report, words: Words) -> str:
    """Say what the figures rest on."""
    coverage = report.coverage
    return words(
        "lead_coverage", observed=percent(coverage.observed), filled=percent(coverage.filled),
        missing=percent(coverage.missing),
    )  # fmt: skip


def of_area(report: Report, words: Words) -> str:
    """Say what figures of the whole area are made of."""
    return sample_of(report.number("tti"), words)


def hours_chart(made: Made, words: Words) -> Chart:
    """Draw the performance index of each hour and area."""
    drawn = tpi_by_hour(made.report.table("hours"), words)
    return Chart(words("chart_hours"), drawn, of_area(made.report, words))


def days_chart(made: Made, words: Words) -> Chart:
    """Draw the travel time index of each day."""
    drawn = days_of(made.report.table("days"), words)
    return Chart(words("chart_days"), drawn, of_area(made.report, words))


def queue_charts(made: Made, words: Words) -> list[Chart]:
    """Draw the costliest bottlenecks, where there are any, and the delay by cause."""
    report = made.report
    of_queues = sample_of(report.number("queue_delay_veh_h"), words)
    causes = by_cause(report.table("causes"), words)
    charts = [Chart(words("chart_causes"), causes, of_area(report, words))]
    if report.bottlenecks:
        drawn = costliest(report.bottlenecks, words)
        charts.insert(0, Chart(words("chart_bottlenecks"), drawn, of_queues))
    return charts


def map_of(
    made: Made, words: Words, marked: Sequence[str] = (), marked_title: str = "map_title_marked"
) -> ShownMap:
    """Draw the map of the area's speeds with the ranks of the bottlenecks, where there are any.

    With segments marked it is of what is around them.
    """
    marked = [name for name in marked if made.opened.network.index_of(name) is not None]
    ranked = "map_title_ranked" if made.report.bottlenecks else "map_title"
    title = words(marked_title if marked else ranked)
    drawn = road_map(made.opened, made.segments, made.report.bottlenecks, words, marked)
    of = of_area(made.report, words)
    return ShownMap(title, drawn.svg, of, legend(words), drawn.places)


def bottlenecks_shown(report: Report, words: Words) -> ShownTable:
    """Show the costliest bottlenecks, their places in the page's language."""
    columns = ("rank", f"place_{words.language}", "delay_veh_h", "extent_m", "occurrences",
               "minutes", "causes")  # fmt: skip
    return shown_table(report.table("bottlenecks"), columns, words, words("table_bottlenecks"))


def causes_shown(report: Report, words: Words) -> ShownTable:
    """Show the delay by cause."""
    columns = ("cause", "delay_veh_h", "share")
    return shown_table(report.table("causes"), columns, words, words("table_causes"))


def spans_shown(report: Report, name: str, words: Words) -> ShownTable:
    """Show the hours or the days."""
    columns = (name.removesuffix("s"), *SPAN_COLUMNS)
    return shown_table(report.table(name), columns, words, words(f"table_{name}"), SHOWN_HOURS)


def notes_of(report: Report, words: Words) -> list[str]:
    """Give what is to be known about the figures."""
    return [words.note(note) for note in report.notes] or [words("no_notes")]
