"""The charts of a report, each an SVG element."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from matplotlib import dates
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from congestion.indices import CITY
from congestion.reports.opened import Opened
from congestion.reports.records import Bottleneck, Table
from ingest.units import MINUTE_S
from streams.reports.drawing import (
    ACCENT,
    FAINT,
    INK,
    LEVEL_COLOURS,
    NO_DATA_COLOUR,
    chart,
    svg_of,
)
from streams.reports.words import Words, written

SHOWN_BOTTLENECKS = 10
_NAME_CHARACTERS = 16
MOST_LABELS = 7


def tti_by_minute(opened: Opened, words: Words) -> str:
    """Draw the area's travel time index over the period; a minute without data is a gap."""
    minutes, tti = opened.minutes.city_minutes()
    gaps = np.flatnonzero(np.diff(minutes) > MINUTE_S) + 1
    steps = np.insert(minutes, gaps, minutes[gaps] - int(MINUTE_S))
    values = np.insert(tti, gaps, np.nan)
    # Charts have no zones: local times as they are.
    local = [datetime.fromtimestamp(s, opened.zone).replace(tzinfo=None) for s in steps.tolist()]
    places = dates.date2num(local)
    with chart() as (figure, axes):
        axes.plot(places, values, color=ACCENT, linewidth=1.6)
        axes.set_ylabel(words("axis_tti"))
        axes.set_xlabel(words("axis_hour"))
        axes.set_ylim(1.0, max(1.2, float(np.nanmax(values)) * 1.05))
        time_axis(axes.xaxis, local[-1] - local[0])
        return svg_of(figure, words("chart_tti"))


def time_axis(axis: Axis, span: timedelta) -> None:
    """Write local times along an axis: hours within a day, days beyond."""
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    axis.set_major_locator(locator)
    form = "%H:%M" if span <= timedelta(days=1) else "%m-%d"
    axis.set_major_formatter(dates.DateFormatter(form))


def tpi_by_hour(hours: Table, words: Words) -> str:
    """Draw the performance index of each hour: a field of colour an hour and area."""
    areas = list(dict.fromkeys(hours.column("area")))
    times = sorted(set(hours.column("hour")))
    field = np.full((len(areas), len(times)), np.nan)
    rows = zip(*(hours.column(n) for n in ("area", "hour", "tpi_travel_time")), strict=True)
    for area, time, tpi in rows:
        field[areas.index(area), times.index(time)] = np.nan if tpi is None else tpi
    with chart(height_in=max(1.6, 1.0 + 0.32 * len(areas))) as (figure, axes):
        shown = axes.pcolormesh(field, cmap=level_map(), vmin=0.0, vmax=10.0, edgecolor="white")
        axes.grid(visible=False)
        axes.invert_yaxis()
        axes.set_yticks(np.arange(len(areas)) + 0.5, [words.area(name) for name in areas])
        places, labels = columns_of_time(times)
        axes.set_xticks([place + 0.5 for place in places], labels)
        axes.set_xlabel(words("axis_hour"))
        if field.size <= 60:
            for (row, column), value in np.ndenumerate(field):
                if np.isfinite(value):
                    dark = value < 2.0 or 7.0 <= value < 9.0
                    axes.text(column + 0.5, row + 0.5, f"{value:.1f}", ha="center", va="center",
                              color="white" if dark else "black", fontsize=8)  # fmt: skip
        bar = figure.colorbar(shown, ax=axes, location="bottom", aspect=40, shrink=0.9)
        bar.set_label(words("axis_tpi"))
        return svg_of(figure, words("chart_hours"))


def columns_of_time(times: Sequence[str]) -> tuple[list[int], list[str]]:
    """Give some of the columns of ordered times, and what is written at them.

    Hours within a day; beyond, where a day begins.
    """
    firsts = {time[:10]: place for place, time in reversed([*enumerate(times)])}
    if len(firsts) > 1:
        named = sorted((place, day[5:]) for day, place in firsts.items())
    else:
        named = [(place, time[11:16]) for place, time in enumerate(times)]
    shown = named[:: max(1, -(-len(named) // MOST_LABELS))]
    return [place for place, _ in shown], [text for _, text in shown]


def level_map() -> LinearSegmentedColormap:
    """Give the console's colours of levels as a scale from 0 to 10."""
    return LinearSegmentedColormap.from_list("levels", LEVEL_COLOURS)


def costliest(bottlenecks: Sequence[Bottleneck], words: Words) -> str:
    """Draw the delay of the first bottlenecks, each with its rank and road."""
    shown = bottlenecks[:SHOWN_BOTTLENECKS]
    names = [
        f"{b.rank}  {_short(b.road_name or _crossing_of(b, words) or b.segment_id)}" for b in shown
    ]
    return bars(names, [b.delay_veh_h for b in shown], words("axis_delay"),
                words("chart_bottlenecks"))  # fmt: skip


def _crossing_of(bottleneck: Bottleneck, words: Words) -> str:
    """Give the end of a place in words, which names a crossing where one has a name."""
    place = bottleneck.place_zh if words.language == "zh" else bottleneck.place_en
    return re.split(r"[,，] ?", place)[-1]


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARACTERS else f"{name[: _NAME_CHARACTERS - 1]}…"


def by_cause(causes: Table, words: Words) -> str:
    """Draw the delay by cause."""
    names = [words.of("cause", name) for name in causes.column("cause")]
    return bars(names, causes.column("delay_veh_h"), words("axis_delay"), words("chart_causes"))


def bars(names: Sequence[str], values: Sequence[float], unit: str, title: str) -> str:
    """Draw values as bars, one below the other, each with its name and number."""
    with chart(height_in=max(1.3, 0.7 + 0.24 * len(names))) as (figure, axes):
        places = np.arange(len(names))
        axes.barh(places, values, color=ACCENT, height=0.65)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(unit)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        most = max(values, default=0.0) or 1.0
        axes.set_xlim(0.0, most * 1.18)  # room for the number beside the longest bar
        for place, value in zip(places.tolist(), values, strict=True):
            axes.text(value + most * 0.015, place, written(float(value)), va="center", fontsize=8)
        return svg_of(figure, title)


def days_of(days: Table, words: Words) -> str:
    """Draw the travel time index of each day of the whole area."""
    rows = zip(*(days.column(n) for n in ("day", "area", "tti")), strict=True)
    named = [(day[5:], tti) for day, area, tti in rows if area == CITY]
    with chart() as (figure, axes):
        places = np.arange(len(named))
        axes.bar(places, [tti - 1.0 for _, tti in named], bottom=1.0, color=ACCENT, width=0.7)
        every = max(1, -(-len(named) // 8))
        axes.set_xticks(places[::every], [day for day, _ in named[::every]])
        axes.grid(axis="x", visible=False)
        axes.set_ylim(1.0, max(1.2, max(tti for _, tti in named) * 1.02))
        axes.set_ylabel(words("axis_tti"))
        axes.set_xlabel(words("axis_day"))
        return svg_of(figure, words("chart_days"))


def heat(speeds: Table, words: Words, title: str) -> str:
    """Draw a corridor's speeds in space and time: driven from below to above, time to the right."""
    times = [column.name for column in speeds.columns[2:]]
    field = np.array([[np.nan if v is None else v for v in row[2:]] for row in speeds.rows], float)
    if len({time[:10] for time in times}) > 1:  # the hours of days of which nothing is stored
        known = np.isfinite(field).any(axis=0)
        times, field = [times[i] for i in np.flatnonzero(known)], field[:, known]
    ends = np.concatenate([[0.0], speeds.column("end_m")]) / 1000.0
    with chart(height_in=3.3) as (figure, axes):
        edges = np.arange(len(times) + 1)
        most = max(20.0, float(np.nanpercentile(field, 98)))
        shown = axes.pcolormesh(edges, ends, field, cmap=level_map().reversed(), vmin=0.0,
                                vmax=most, rasterized=field.size > 4000)  # fmt: skip
        axes.grid(visible=False)
        axes.set_xticks(*columns_of_time(times))
        axes.set_xlabel(words("axis_hour"))
        axes.set_ylabel(words("axis_along"))
        bar = figure.colorbar(shown, ax=axes, location="bottom", aspect=40, shrink=0.9)
        bar.set_label(words("axis_speed"))
        return svg_of(figure, title)


def pairs_chart(pairs: Table, name: str, words: Words) -> str:
    """Draw each pair of days: the figure before as an open mark, after as a full one."""
    before, after = (np.array(pairs.column(f"{name}_{s}"), float) for s in ("before", "after"))
    days = [day[5:] for day in pairs.column("after")]
    with chart() as (figure, axes):
        places = np.arange(len(days))
        axes.vlines(places, np.minimum(before, after), np.maximum(before, after), color=FAINT)
        axes.scatter(places, before, s=28, facecolor="white", edgecolor=INK, zorder=3,
                     label=words("before"))  # fmt: skip
        axes.scatter(places, after, s=28, color=ACCENT, marker="s", zorder=3, label=words("after"))
        every = max(1, -(-len(days) // 8))
        axes.set_xticks(places[::every], days[::every])
        axes.set_xlabel(words("axis_day"))
        axes.set_ylabel(words.of("axis_of", name))
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return svg_of(figure, words.of("num", name))


def shares_by_class(classes: Table, words: Words) -> str:
    """Draw which share of each class of roads was observed, filled or is missing."""
    names = [words.of("road_class", name) for name in classes.column("road_class")]
    colours = (ACCENT, LEVEL_COLOURS[2], NO_DATA_COLOUR)
    with chart(height_in=max(1.6, 1.1 + 0.22 * len(names))) as (figure, axes):
        places, left = np.arange(len(names)), np.zeros(len(names))
        for name, colour in zip(("observed", "filled", "missing"), colours, strict=True):
            share = 100.0 * np.array(classes.column(f"{name}_share"), float)
            axes.barh(places, share, left=left, color=colour, edgecolor=FAINT, linewidth=0.4,
                      height=0.7, label=words(name))  # fmt: skip
            left += share
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel(words("axis_percent"))
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        return svg_of(figure, words("chart_classes"))


def queue_chart(queue: Table, words: Words) -> str:
    """Draw the length of an incident's queue over time."""
    times = [datetime.fromisoformat(text) for text in queue.column("time")]
    places = dates.date2num(times)
    with chart() as (figure, axes):
        axes.fill_between(places, queue.column("length_m"), color=ACCENT, alpha=0.25, step="post")
        axes.step(places, queue.column("length_m"), color=ACCENT, where="post")
        axes.set_ylim(bottom=0.0)
        axes.set_ylabel(words("axis_queue"))
        axes.set_xlabel(words("axis_hour"))
        time_axis(axes.xaxis, times[-1] - times[0])
        return svg_of(figure, words("chart_queue"))
