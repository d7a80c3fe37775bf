"""The map of a report: roads by how slow they were, the bottlenecks by their rank."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from congestion.levels import LEVEL_COUNT, level_profile
from congestion.reports.opened import Opened
from congestion.reports.records import Bottleneck
from congestion.reports.segment_sums import SegmentSums
from ingest.kernels.arrays import Flags
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
NEAR_M, NEAR_SHARE = 150.0, 0.15
"""What is nearer to a corridor is on its map: so much, and of its extent. Unit: m, share. Source:
chosen, the blocks beside it."""
SHADE, SHADE_WIDTH = "#b8c9dc", 11.0
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
    opened: Opened, sums: SegmentSums, bottlenecks: Sequence[Bottleneck], words: Words,
    marked: Sequence[str] = (),
) -> DrawnMap:  # fmt: skip
    """Draw the area, each segment at the level of its mean speed, and the bottlenecks.

    With segments `marked` those are shaded, and only what is near them is drawn.
    """
    network, chosen = opened.network, opened.area.chosen
    shaded = np.isin(network.segment_ids, marked)
    if marked:
        chosen = chosen & _near(network, shaded)
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
        axes.add_collection(LineCollection([lines[i] for i in np.flatnonzero(shaded)],
                                           colors=SHADE, linewidths=SHADE_WIDTH,
                                           capstyle="round"))  # fmt: skip
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
        places = "" if is_picture else _places(figure, axes, network, sums, words, chosen)
        return DrawnMap(svg, places)


def _near(network: Network, shaded: Flags) -> Flags:
    """Tell which segments reach into the box around the shaded ones, and a margin."""
    points = np.column_stack([network.vertex_x, network.vertex_y])
    of_shaded = points[np.repeat(shaded, np.diff(network.vertex_offsets))]
    low, high = of_shaded.min(axis=0), of_shaded.max(axis=0)
    margin = NEAR_M + NEAR_SHARE * float((high - low).max())
    inside = ((points >= low - margin) & (points <= high + margin)).all(axis=1)
    return np.logical_or.reduceat(inside, network.vertex_offsets[:-1])


def _places(
    figure: Figure, axes: Axes, network: Network, sums: SegmentSums, words: Words, chosen: Flags
) -> str:  # fmt: skip
    """Give as JSON the ends of each known segment's pieces in the map, and what is said of it."""
    texts, ends = [], []
    to_page = axes.transData
    high = figure.get_figheight() * POINTS_IN_INCH
    rows = zip(sums.segment.tolist(), sums.speed_kmh.tolist(), sums.free_flow_kmh.tolist(),
               sums.delay_veh_h.tolist(), strict=True)  # fmt: skip
    for segment, speed, free, delay in rows:
        if not chosen[segment]:
            continue
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
