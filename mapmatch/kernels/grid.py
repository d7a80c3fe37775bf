"""Which cells of a square grid a polyline comes near to."""

from math import ceil, floor, sqrt

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@numba.njit(cache=True, nogil=True)
def is_near_cell(
    ax: float, ay: float, bx: float, by: float, cx: float, cy: float, half: float, padding: float
) -> bool:
    """Tell whether line a-b comes within padding of the square of half side `half` about c.

    All in metres. The square is widened by the padding and tested by separating axes (Ericson
    2005, Real-Time Collision Detection, 5.3.3), so near a corner up to 0.41 padding more is let in.
    """
    reach = half + padding
    mx, my = 0.5 * (ax + bx) - cx, 0.5 * (ay + by) - cy
    hx, hy = 0.5 * (bx - ax), 0.5 * (by - ay)
    if abs(mx) > reach + abs(hx) or abs(my) > reach + abs(hy):
        return False
    length = sqrt(hx * hx + hy * hy)
    if length == 0.0:
        return True
    distance = abs(mx * hy - my * hx) / length
    square = half * (abs(hx) + abs(hy)) / length
    return distance <= square + padding


@numba.njit(cache=True, nogil=True)
def fill_grid(
    vertex_offsets: Ints,
    vertex_x: Floats,
    vertex_y: Floats,
    x0: float,
    y0: float,
    cell_m: float,
    padding_m: float,
    columns: int,
    rows: int,
    last_segment: Ints,
    cell_count: Ints,
    cell_offsets: Ints,
    cell_segments: Ints,
    is_filling: bool,
) -> int:
    """Count, or write, the segments near each cell; gives the number of entries.

    vertex_offsets (n + 1), vertex_x and vertex_y (v, metres) are the polylines; x0, y0 the grid's
    corner; last_segment (cells) is scratch filled with -1; cell_count (cells) is filled with 0 and
    counts in place. When filling, entry k of cell c goes to cell_segments[cell_offsets[c] + k];
    otherwise those two are not touched.
    """
    total = 0
    half = 0.5 * cell_m
    for segment in range(len(vertex_offsets) - 1):
        for v in range(vertex_offsets[segment], vertex_offsets[segment + 1] - 1):
            ax, ay, bx, by = vertex_x[v], vertex_y[v], vertex_x[v + 1], vertex_y[v + 1]
            first_column = max(0, floor((min(ax, bx) - padding_m - x0) / cell_m))
            last_column = min(columns, ceil((max(ax, bx) + padding_m - x0) / cell_m))
            first_row = max(0, floor((min(ay, by) - padding_m - y0) / cell_m))
            last_row = min(rows, ceil((max(ay, by) + padding_m - y0) / cell_m))
            for row in range(first_row, last_row):
                cy = y0 + (row + 0.5) * cell_m
                for column in range(first_column, last_column):
                    cell = row * columns + column
                    if last_segment[cell] == segment:
                        continue
                    cx = x0 + (column + 0.5) * cell_m
                    if is_near_cell(ax, ay, bx, by, cx, cy, half, padding_m):
                        last_segment[cell] = segment
                        if is_filling:
                            cell_segments[cell_offsets[cell] + cell_count[cell]] = segment
                        cell_count[cell] += 1
                        total += 1
    return total


def empty_scratch(cells: int) -> tuple[Ints, Ints]:
    """Give `last_segment` and `cell_count` as fill_grid wants them."""
    return np.full(cells, -1, np.int32), np.zeros(cells, np.int32)
