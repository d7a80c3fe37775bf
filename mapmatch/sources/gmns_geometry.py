"""The lines of GMNS links: from link.csv or geometry.csv, drawn either way."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from ingest.kernels.arrays import Floats, Int32s
from mapmatch.projection import METRES_PER_DEGREE, middle_longitude, unwrapped
from mapmatch.sources.csv_table import CsvTable, find_csv
from mapmatch.sources.gmns_units import MAX_SPREAD_DEG, Units
from mapmatch.sources.roads import offsets_of, row_ranges

STRAY_M = 150.0
"""A link's end this far from its node is misplaced. Unit: m. Source: chosen, more than the largest
junction is wide."""
TELLING_M = 1.0
"""By so much nearer to its nodes one way of a line is surely its direction. Unit: m. Source:
chosen."""
SHAPES = ("geometry", "wkt", "wkt_geom", "the_geom")
"""The column of a table that holds its lines. Source: GMNS 0.96; QGIS, OGR, PostGIS."""
GEOMETRY_IDS = ("geometry_id", "link_geom_id")
"""The column that names a line of geometry.csv, newest version first. Source: GMNS 0.96, 0.7."""


@dataclass
class Polylines:
    """The vertices of n lines in degrees, CSR."""

    offsets: Int32s  # n + 1
    longitude: Floats
    latitude: Floats
    notes: list[str]

    def drawn_m(self) -> Floats:
        """Give each line's length, to a hundredth, on a sphere."""
        east = np.diff(self.longitude, prepend=0.0) * np.cos(np.radians(self.latitude))
        step = np.hypot(east, np.diff(self.latitude, prepend=0.0)) * METRES_PER_DEGREE
        step[self.offsets[:-1]] = 0.0
        return np.add.reduceat(step, self.offsets[:-1])


def polylines(
    folder: Path,
    links: CsvTable,
    units: Units,
    node_longitude: Floats,
    node_latitude: Floats,
    from_node: Int32s,
    to_node: Int32s,
) -> Polylines:
    """Give the links' vertices in degrees; a straight line where there is no geometry.

    A line drawn from the to_node to the from_node is turned round; it is noted where dir_flag
    does not say so.
    """
    shapes = _lines(links)
    notes = _from_geometry_table(folder, links, shapes)
    is_blank = shapely.is_missing(shapes)
    if is_blank.any():
        ends = np.stack((from_node[is_blank], to_node[is_blank]), axis=1)
        straight = np.stack((node_longitude[ends], node_latitude[ends]), axis=2)
        shapes[is_blank] = shapely.linestrings(straight)
    points = shapely.get_coordinates(shapes)
    counts = shapely.get_num_points(shapes)
    longitude, latitude = points[:, 0].copy(), points[:, 1].copy()
    is_drawn = np.repeat(~is_blank, counts)
    longitude[is_drawn], latitude[is_drawn] = units.line_degrees(
        longitude[is_drawn], latitude[is_drawn], node_longitude, node_latitude
    )
    is_outside = is_drawn & ~((np.abs(longitude) <= 180) & (np.abs(latitude) <= 90))
    _expect_none(links, counts, is_outside, "longitude within 180 and latitude within 90 degrees")
    longitude = unwrapped(longitude, middle_longitude(node_longitude))
    is_far = np.abs(longitude - middle_longitude(node_longitude)) > MAX_SPREAD_DEG
    if len(node_latitude):
        is_far |= np.abs(latitude - np.median(node_latitude)) > MAX_SPREAD_DEG
    _expect_none(links, counts, is_far, f"within {MAX_SPREAD_DEG:.0f} degrees of the nodes")
    lines = Polylines(offsets_of(counts), longitude, latitude, notes)
    start = node_longitude[from_node], node_latitude[from_node]
    end = node_longitude[to_node], node_latitude[to_node]
    is_against = links.text("dir_flag").isin(["-1", "-1.0"]).to_numpy(bool) & ~is_blank
    _turn_round(lines, start, end, is_against)
    return lines


def _expect_none(
    links: CsvTable, counts: Int32s, is_bad: npt.NDArray[np.bool_], expected: str
) -> None:
    """Refuse the link of the first vertex that is bad."""
    if is_bad.any():
        row = np.searchsorted(np.cumsum(counts), int(np.argmax(is_bad)), side="right")
        links.refuse(int(row), "geometry", expected)


def _lines(table: CsvTable) -> npt.NDArray[np.object_]:
    """Give the lines of a table, None where there is none."""
    column = next((name for name in SHAPES if table.has(name)), SHAPES[0])
    text = table.text(column)
    if text.str.startswith("SRID=").any():
        # A database writes the reference system in front.
        text = text.str.replace(r"^SRID=\d+;\s*", "", regex=True)
    is_blank = (text == "").to_numpy(bool)
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkt(text.where(~is_blank, None).to_numpy(object), on_invalid="ignore")
    is_blank = is_blank | shapely.is_empty(shapes)
    shapes[is_blank] = None
    is_several = shapely.get_type_id(shapes) == shapely.GeometryType.MULTILINESTRING
    if is_several.any():
        shapes[is_several] = shapely.line_merge(shapes[is_several])
        parts = shapely.get_num_geometries(shapes)
        is_one = is_several & (parts == 1)
        shapes[is_one] = shapely.get_geometry(shapes[is_one], 0)
    is_line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    is_bad = ~is_blank & ~is_line
    if is_bad.any():
        expected = "a WKT LINESTRING, or a MULTILINESTRING whose parts make one line"
        table.refuse(int(np.argmax(is_bad)), column, expected)
    return np.asarray(shapes, object)


def _from_geometry_table(
    folder: Path, links: CsvTable, shapes: npt.NDArray[np.object_]
) -> list[str]:
    """Fill the lines that links name in geometry.csv; gives notes of those that it lacks."""
    column = next((name for name in GEOMETRY_IDS if links.has(name)), GEOMETRY_IDS[0])
    is_named = shapely.is_missing(shapes) & (links.text(column) != "").to_numpy()
    if not is_named.any():
        return []
    path = find_csv(folder, "geometry") or find_csv(folder, "link_geometry")
    if path is None:
        return [
            f"{int(is_named.sum()):,} links have a {column} but there is no geometry.csv: straight"
        ]
    own = "geometry_id" if CsvTable(path, ()).has("geometry_id") else column
    table = CsvTable(path, (own,))
    table.keep((table.text(own).isin(set(links.text(column)))).to_numpy(bool))
    place = links.places(column, table.ids(own))
    lines = _lines(table)
    is_found = is_named & (place >= 0)
    shapes[is_found] = lines[place[is_found]]
    is_lost = is_named & shapely.is_missing(shapes)
    if not is_lost.any():
        return []
    first = f"line {links.line(int(np.argmax(is_lost)))} of {links.path.name}"
    return [
        f"{int(is_lost.sum()):,} links have a {column} without a line in {path.name} (first: "
        f"{first}): straight"
    ]


def _turn_round(
    lines: Polylines,
    start: tuple[Floats, Floats],
    end: tuple[Floats, Floats],
    is_against: npt.NDArray[np.bool_],
) -> None:
    """Reverse the lines drawn against their link, by the nodes at their ends or else by dir_flag.

    Notes those that dir_flag had the other way, and strayed ones.
    """
    first, last = lines.offsets[:-1], lines.offsets[1:] - 1

    def apart(vertex: Int32s, node: tuple[Floats, Floats]) -> Floats:
        east = (lines.longitude[vertex] - node[0]) * np.cos(np.radians(node[1]))
        return np.asarray(np.hypot(east, lines.latitude[vertex] - node[1]) * METRES_PER_DEGREE)

    as_drawn = np.stack((apart(first, start), apart(last, end)))
    against = np.stack((apart(first, end), apart(last, start)))
    nearer = as_drawn.sum(0) - against.sum(0)
    is_turned = np.where(np.abs(nearer) > TELLING_M, nearer > 0, is_against)
    turned = np.flatnonzero(is_turned)
    counts = (last - first + 1)[turned]
    vertices = row_ranges(first[turned], counts)
    mirrored = np.repeat(first[turned] + last[turned], counts) - vertices
    lines.longitude[vertices] = lines.longitude[mirrored]
    lines.latitude[vertices] = lines.latitude[mirrored]
    unsaid = int((is_turned & ~is_against).sum())
    if unsaid:
        lines.notes.append(f"{unsaid:,} links drawn from to_node to from_node: turned round")
    missaid = int((~is_turned & is_against).sum())
    if missaid:
        lines.notes.append(
            f"{missaid:,} links of dir_flag -1 drawn from from_node to to_node: as drawn"
        )
    strayed = int((np.minimum(as_drawn.max(0), against.max(0)) > STRAY_M).sum())
    if strayed:
        lines.notes.append(f"{strayed:,} links drawn over {STRAY_M:.0f} m away from their nodes")
