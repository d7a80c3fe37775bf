"""The slow twin of mapmatch.kernels.grid: distances by shapely."""

import shapely

from mapmatch.network import Network


def segments_near_cell(network: Network, cell: int) -> set[int]:
    """Give the segments whose polyline comes within the padding of a cell."""
    row, column = divmod(cell, network.grid_columns)
    x = network.grid_x0 + column * network.grid_cell_m
    y = network.grid_y0 + row * network.grid_cell_m
    square = shapely.box(x, y, x + network.grid_cell_m, y + network.grid_cell_m)
    found = set()
    for segment in range(network.segment_count):
        if square.distance(line_of(network, segment)) <= network.grid_padding_m:
            found.add(segment)
    return found


def line_of(network: Network, segment: int) -> shapely.LineString:
    """Give a segment's polyline in local metres."""
    low, high = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
    points = zip(network.vertex_x[low:high], network.vertex_y[low:high], strict=True)
    return shapely.LineString(list(points))
