"""Which cells of a square grid a polyline comes near to."""

from math import ceil, floor, sqrt

import numba
import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Int32s
from ingest.kernels.compiling import part

Bytes = npt.NDArray[np.uint8]


@part
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


@part
def _widen(box: Bytes, left: float, bottom: float, right: float, top: float) -> None:
    """Widen a box (4: left, bottom, right, top) to hold another, rounded outwards to 0..255."""
    box[0] = min(box[0], np.uint8(min(max(floor(left), 0), 255)))
    box[1] = min(box[1], np.uint8(min(max(floor(bottom), 0), 255)))
    box[2] = max(box[2], np.uint8(min(max(ceil(right), 0), 255)))
    box[3] = max(box[3], np.uint8(min(max(ceil(top), 0), 255)))


@numba.njit(cache=True, nogil=True)
def fill_grid(
    vertex_offsets: Int32s,
    vertex_x: Floats,
    vertex_y: Floats,
    x0: float,
    y0: float,
    cell_m: float,
    padding_m: float,
    columns: int,
    rows: int,
    last_segment: Int32s,
    cell_count: Int32s,
    cell_offsets: Int32s,
    cell_segments: Int32s,
    cell_boxes: Bytes,
    is_filling: bool,
) -> int:
    """Count, or write, the segments near each cell; gives the number of entries.

    vertex_offsets (n + 1), vertex_x and vertex_y (v, metres) are the polylines; x0, y0 the grid's
    corner; last_segment (cells) is scratch filled with -1; cell_count (cells) is filled with 0 and
    counts in place. When filling, entry k of cell c goes to row cell_offsets[c] + k of
    cell_segments and of cell_boxes, which is to be filled with (255, 255, 0, 0): what of the
    segment is near, in 255ths of the padded cell from its corner. Otherwise those are not touched.
    """
    total = 0
    half = 0.5 * cell_m
    unit = 255.0 / (cell_m + 2.0 * padding_m)
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
                    is_new = last_segment[cell] != segment
                    if not is_new and not is_filling:
                        continue
                    cx = x0 + (column + 0.5) * cell_m
                    if not is_near_cell(ax, ay, bx, by, cx, cy, half, padding_m):
                        continue
                    if is_new:
                        last_segment[cell] = segment
                        cell_count[cell] += 1
                        total += 1
                    if is_filling:
                        entry = cell_offsets[cell] + cell_count[cell] - 1
                        left, bottom = cx - half - padding_m, cy - half - padding_m
                        cell_segments[entry] = segment
                        _widen(
                            cell_boxes[entry],
                            (min(ax, bx) - left) * unit,
                            (min(ay, by) - bottom) * unit,
                            (max(ax, bx) - left) * unit,
                            (max(ay, by) - bottom) * unit,
                        )
    return total


def empty_scratch(cells: int) -> tuple[Int32s, Int32s]:
    """Give `last_segment` and `cell_count` as fill_grid wants them."""
    return np.full(cells, -1, np.int32), np.zeros(cells, np.int32)
