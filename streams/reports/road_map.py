"""The map of a report: roads by how slow they were, the bottlenecks by their rank."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from congestion.levels import LEVEL_COUNT, level_profile
from congestion.reports.opened import Opened, SegmentSums
from congestion.reports.records import Bottleneck
from ingest.units import KMH
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from streams.reports.drawing import INK, LEVEL_COLOURS, NO_DATA_COLOUR, chart, svg_of
from streams.reports.page import LegendEntry
from streams.reports.words import Words, written

MOST_LINES = 20_000
"""A map of more segments is drawn as a picture within the SVG: a page of millions of points opens
nowhere. Unit: count. Source: chosen, some megabytes."""
MAP_WIDTH_IN, MOST_HEIGHT_IN = 7.6, 7.2
POINTS_IN_INCH = 72.0
SHOWN_RANKS = 20
_WIDTHS = (0.9, 1.1, 1.5, 2.0, 2.6, 2.9)
"""Line widths of the levels, as the console's grow, so that colour never stands alone. Unit: pt."""


class DrawnMap(NamedTuple):
    """A map, and its `places` as JSON: where a browser finds what it says of a road."""

    svg: str
    places: str


def legend(words: Words) -> list[LegendEntry]:
    """Give the colours and widths of the map's lines, and their names."""
    names = [*(words(f"level_{i}") for i in range(LEVEL_COUNT)), words("level_none")]
    colours, widths = (*LEVEL_COLOURS, NO_DATA_COLOUR), (*_WIDTHS, 0.7)
    return [LegendEntry(*of) for of in zip(names, colours, (w + 1.5 for w in widths), strict=True)]


def road_map(
    opened: Opened, sums: SegmentSums, bottlenecks: Sequence[Bottleneck], words: Words
) -> DrawnMap:
    """Draw the area, each segment at the level of its mean speed, and the bottlenecks."""
    network, chosen = opened.network, opened.area.chosen
    profile = level_profile(opened.rules.level_profile)
    level = np.full(network.segment_count, -1)
    level[sums.segment] = profile.levels(
        sums.speed_kmh / KMH, sums.free_flow_kmh / KMH, network.road_class[sums.segment]
    )
    points = np.column_stack([network.vertex_x, network.vertex_y])
    lines = np.split(points, network.vertex_offsets[1:-1])
    inside = np.repeat(chosen, np.diff(network.vertex_offsets))
    wide, high = np.maximum(np.ptp(points[inside], axis=0), 1.0)
    height = float(np.clip(MAP_WIDTH_IN * high / wide, 3.0, MOST_HEIGHT_IN))
    with chart(height_in=height, width_in=MAP_WIDTH_IN) as (figure, axes):
        axes.set_axis_off()
        axes.set_aspect("equal")
        is_picture = np.count_nonzero(chosen) > MOST_LINES
        for shown in range(-1, LEVEL_COUNT):
            of_level = [lines[i] for i in np.flatnonzero(chosen & (level == shown))]
            colour = NO_DATA_COLOUR if shown < 0 else LEVEL_COLOURS[shown]
            width = 0.7 if shown < 0 else _WIDTHS[shown]
            if shown >= 2:  # pale colours need an edge on white paper
                axes.add_collection(LineCollection(of_level, colors=INK, linewidths=width + 0.7,
                                                   rasterized=is_picture))  # fmt: skip
            axes.add_collection(
                LineCollection(of_level, colors=colour, linewidths=width, rasterized=is_picture)
            )
        axes.autoscale_view()
        _ranks(axes, network, bottlenecks)
        svg = svg_of(figure, words("map_title"))
        places = "" if is_picture else _places(figure, axes, network, sums, words)
        return DrawnMap(svg, places)


def _places(
    figure: Figure, axes: Axes, network: Network, sums: SegmentSums, words: Words
) -> str:  # fmt: skip
    """Give as JSON the ends of each known segment's pieces in the map, and what is said of it."""
    texts, ends = [], []
    to_page = axes.transData
    high = figure.get_figheight() * POINTS_IN_INCH
    rows = zip(sums.segment.tolist(), sums.speed_kmh.tolist(), sums.free_flow_kmh.tolist(),
               sums.delay_veh_h.tolist(), strict=True)  # fmt: skip
    for segment, speed, free, delay in rows:
        low, last = network.vertex_offsets[segment : segment + 2]
        xy = np.column_stack([network.vertex_x[low:last], network.vertex_y[low:last]])
        at = to_page.transform(xy) * (POINTS_IN_INCH / figure.dpi)
        at[:, 1] = high - at[:, 1]
        ends.append(np.round(at, 1).ravel().tolist())
        texts.append(words(
            "map_road", name=network.names[segment] or words("unnamed_road"),
            id=network.segment_ids[segment], speed=written(round(speed, 1)),
            free=written(round(free, 1)), delay=written(round(delay, 2)),
        ))  # fmt: skip
    return msgspec.json.encode({"ends": ends, "texts": texts}).decode().replace("<", "\\u003c")


def _ranks(axes: Axes, network: Network, bottlenecks: Sequence[Bottleneck]) -> None:
    shown = bottlenecks[:SHOWN_RANKS][::-1]  # the worst is drawn last and lies on top
    if not shown:
        return
    plane = LocalPlane(network)
    x, y = plane.to_metres([b.longitude for b in shown], [b.latitude for b in shown])
    for bottleneck, at_x, at_y in zip(shown, x.tolist(), y.tolist(), strict=True):
        axes.annotate(
            str(bottleneck.rank), (at_x, at_y), ha="center", va="center", fontsize=8,
            color="white", bbox={"boxstyle": "circle,pad=0.25", "facecolor": INK,
                                 "edgecolor": "white", "linewidth": 0.8},
        )  # fmt: skip
