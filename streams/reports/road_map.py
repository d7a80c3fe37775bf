"""The map of a report: roads by how slow they were, the bottlenecks by their rank."""

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from congestion.levels import LEVEL_COUNT, level_profile
from congestion.reports.opened import SegmentSums
from congestion.reports.records import Bottleneck
from congestion.settings import EstimatorSettings
from ingest.units import KMH
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from streams.reports.drawing import INK, LEVEL_COLOURS, NO_DATA_COLOUR, chart, svg_of
from streams.reports.words import Words

MOST_LINES = 20_000
"""A map of more segments is drawn as a picture within the SVG: a page of millions of points opens
nowhere. Unit: count. Source: chosen, some megabytes."""
MAP_WIDTH_IN = 9.6
MOST_HEIGHT_IN = 9.0
SHOWN_RANKS = 20
_WIDTHS = (0.9, 1.1, 1.5, 2.0, 2.6, 2.9)
"""Line widths of the levels, as the console's grow, so that colour never stands alone. Unit: pt."""


def road_map(
    network: Network, sums: SegmentSums, bottlenecks: Sequence[Bottleneck], words: Words
) -> str:
    """Draw the network, each segment at the level of its mean speed, and the bottlenecks."""
    profile = level_profile(EstimatorSettings().level_profile)
    level = np.full(network.segment_count, -1)
    level[sums.segment] = profile.levels(
        sums.speed_kmh / KMH, sums.free_flow_kmh / KMH, network.road_class[sums.segment]
    )
    points = np.column_stack([network.vertex_x, network.vertex_y])
    lines = np.split(points, network.vertex_offsets[1:-1])
    wide, high = np.maximum(np.ptp(points, axis=0), 1.0)
    height = float(np.clip(MAP_WIDTH_IN * high / wide, 3.0, MOST_HEIGHT_IN))
    with chart(height_in=height + 0.5, width_in=MAP_WIDTH_IN) as (figure, axes):
        axes.set_axis_off()
        axes.set_aspect("equal")
        for shown in range(-1, LEVEL_COUNT):
            of_level = [lines[i] for i in np.flatnonzero(level == shown)]
            is_picture = network.segment_count > MOST_LINES
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
        handles = [Line2D([], [], color=c, linewidth=w + 1.5) for c, w in
                   zip((*LEVEL_COLOURS, NO_DATA_COLOUR), (*_WIDTHS, 0.7), strict=True)]  # fmt: skip
        names = [words(f"level_{i}") for i in range(LEVEL_COUNT)] + [words("level_none")]
        figure.legend(handles, names, loc="outside lower center", ncols=7, frameon=False)
        return svg_of(figure, words("map_title"))


def _ranks(axes: object, network: Network, bottlenecks: Sequence[Bottleneck]) -> None:
    shown = bottlenecks[:SHOWN_RANKS][::-1]  # the worst is drawn last and lies on top
    if not shown:
        return
    plane = LocalPlane(network)
    x, y = plane.to_metres([b.longitude for b in shown], [b.latitude for b in shown])
    for bottleneck, at_x, at_y in zip(shown, x.tolist(), y.tolist(), strict=True):
        axes.annotate(  # type: ignore[attr-defined]
            str(bottleneck.rank), (at_x, at_y), ha="center", va="center", fontsize=8,
            color="white", bbox={"boxstyle": "circle,pad=0.25", "facecolor": INK,
                                 "edgecolor": "white", "linewidth": 0.8},
        )  # fmt: skip
