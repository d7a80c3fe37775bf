"""Units and coordinate system of a GMNS folder: what config.csv says, else what the links show."""

import re
from pathlib import Path

import numpy as np
from pyproj import Transformer
from pyproj.exceptions import ProjError

from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import NetworkError
from mapmatch.projection import middle_longitude, unwrapped
from mapmatch.sources.csv_table import CsvTable, find_csv, whole_ids

METRES = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1000.0, "kilometer": 1000.0, "kilometers": 1000.0, "kilometre": 1000.0,
    "kilometres": 1000.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us-ft": 0.3048, "survey foot": 0.3048,
    "us survey foot": 0.3048, "yd": 0.9144, "yard": 0.9144, "yards": 0.9144,
    "mi": 1609.344, "mile": 1609.344, "miles": 1609.344,
}  # fmt: skip
METRES_PER_SECOND = {
    "kmh": 1 / KMH, "km/h": 1 / KMH, "kph": 1 / KMH, "km/hr": 1 / KMH, "kmph": 1 / KMH,
    "km/hour": 1 / KMH, "kilometer/hour": 1 / KMH, "kilometers/hour": 1 / KMH,
    "mph": 0.44704, "mi/h": 0.44704, "mi/hr": 0.44704, "mile/h": 0.44704, "mile/hour": 0.44704,
    "miles/hour": 0.44704, "miles/hr": 0.44704,
    "m/s": 1.0, "mps": 1.0, "meter/second": 1.0, "meters/second": 1.0,
    "ft/s": 0.3048, "fps": 0.3048, "feet/second": 0.3048,
}  # fmt: skip
GUESSES = ("m", "km", "foot", "mile")
CONFIG_COLUMNS = ("dataset_name", "long_length", "speed", "crs")
DEGREES = ("EPSG:4326", "4326", "WGS84", "WGS 84", "OGC:CRS84", "CRS84")
MAX_SPREAD_DEG = 15.0
"""What lies further from the middle node is misplaced. Unit: deg. Source: chosen; a network is a
city or a country."""
MAX_LENGTH_RATIO = 3.0
"""A link whose stated length is so many times its drawn one is in another unit. Unit: none. Source:
chosen; feet taken for metres are 3.28 times off."""
SURE_RATIO = 1.5
"""Lengths within this of the drawn ones are surely in the unit tried. Unit: none. Source: chosen,
less than the 1.61 between miles and kilometres."""
SURELY_THERE_DEG = 1.0
"""Half of the lines lie so near to the middle node only in the right projection. Unit: deg. Source:
chosen; in another zone of UTM they lie 6 degrees away."""
FASTEST_KMH = 400.0
"""A higher free speed is an error. Unit: km/h. Source: chosen."""


class Units:
    """The network's name, its units and its coordinate system; notes say what was guessed."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.resolve().name
        self.notes: list[str] = []
        self.length, self.speed = 1.0, 1 / KMH
        self._length_unit, self._speed_unit = "", ""
        self._to_degrees: Transformer | None = None
        path = find_csv(folder, "config")
        self._config = path.name if path is not None else ""
        if path is not None:
            self._read(CsvTable(path, ()))

    def _read(self, table: CsvTable) -> None:
        path = table.path
        if len(table) != 1:
            raise NetworkError(f"{path}: {len(table)} rows, expected 1")
        if not any(table.has(column) for column in CONFIG_COLUMNS):
            raise NetworkError(f"{path}: expected any of the columns {', '.join(CONFIG_COLUMNS)}")
        self.name = table.text("dataset_name").iloc[0] or self.name
        self._length_unit = _unit(table, "long_length", METRES)
        self._speed_unit = _unit(table, "speed", METRES_PER_SECOND)
        self.length = METRES.get(self._length_unit, 1.0)
        self.speed = METRES_PER_SECOND.get(self._speed_unit, 1 / KMH)
        crs = whole_ids(table.text("crs")).iloc[0]
        if crs and crs.upper() not in DEGREES:
            try:
                self._to_degrees = Transformer.from_crs(
                    f"EPSG:{crs}" if crs.isdigit() else crs, "EPSG:4326", always_xy=True
                )
            except ProjError:
                table.refuse(0, "crs", "a coordinate system such as EPSG:4326")

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Give longitude and latitude of source coordinates, infinite where there are none."""
        if self._to_degrees is None:
            return x, y
        longitude, latitude = self._to_degrees.transform(x, y)
        return np.asarray(longitude), np.asarray(latitude)

    def node_degrees(self, nodes: CsvTable) -> tuple[Floats, Floats]:
        """Give the nodes' longitude and latitude; the former goes on past 180 where a road does."""
        x = nodes.numbers("x_coord", "a finite number", -1e9, 1e9)
        y = nodes.numbers("y_coord", "a finite number", -1e9, 1e9)
        longitude, latitude = self.degrees(x, y)
        hint = "" if self._config else ", or a config.csv that names the crs"
        for column, degrees, limit in (("x_coord", longitude, 180), ("y_coord", latitude, 90)):
            is_bad = ~(np.abs(degrees) <= limit)
            if is_bad.any():
                expected = f"within {limit} degrees of 0{hint}"
                nodes.refuse(int(np.argmax(is_bad)), column, expected)
            if column == "x_coord":
                longitude = degrees = unwrapped(degrees, middle_longitude(degrees))
            middle = float(np.median(degrees)) if len(degrees) else 0.0
            is_far = np.abs(degrees - middle) > MAX_SPREAD_DEG
            if is_far.any():
                expected = f"within {MAX_SPREAD_DEG:.0f} degrees of the middle node's {middle:.3f}"
                nodes.refuse(int(np.argmax(is_far)), column, expected)
        return longitude, latitude

    def line_degrees(
        self, x: Floats, y: Floats, node_longitude: Floats, node_latitude: Floats
    ) -> tuple[Floats, Floats]:
        """Give longitude and latitude of the vertices of lines; notes it where they are in UTM.

        Tables made by other programs have nodes in degrees beside lines in metres.
        """
        longitude, latitude = self.degrees(x, y)
        is_degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90)
        if self._to_degrees is not None or is_degrees.all() or not len(node_longitude):
            return longitude, latitude
        middle = middle_longitude(node_longitude), float(np.median(node_latitude))
        zone = int((middle[0] + 180.0) // 6.0) % 60 + 1
        crs = f"EPSG:{(32600 if middle[1] >= 0 else 32700) + zone}"
        to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        east, north = (np.asarray(axis) for axis in to_degrees.transform(x, y))
        apart = np.abs(east - middle[0]) + np.abs(north - middle[1])
        if not np.median(apart) < SURELY_THERE_DEG:
            return longitude, latitude
        self.notes.append(f"lines are in metres of {crs} (UTM), nodes in degrees")
        return east, north

    def settle(self, links: CsvTable, length: Floats, drawn_m: Floats) -> None:
        """Decide the units by the links' lengths as stated and as drawn, and note it.

        Raises NetworkError where no unit of length makes the two alike.
        """
        unit = self._length_unit or "m"
        is_known = (length > 0) & (drawn_m > 0)
        if is_known.any():
            ratio = float(np.median(length[is_known] / drawn_m[is_known]))
            unit = self._fitting(links, ratio)
        self.length = METRES[unit]
        if not self._speed_unit:
            self.speed = METRES_PER_SECOND["mph" if self.length in _MILES else "kmh"]
        guessed = "mph" if self.speed == METRES_PER_SECOND["mph"] else "km/h"
        speed = self._speed_unit or guessed
        if not self._config:
            self.notes.append(
                f"no config.csv: coordinates taken as degrees (EPSG:4326), lengths in {unit}"
                f"{' as drawn' if is_known.any() else ''}, speeds in {speed}"
            )
        elif not self._length_unit or not self._speed_unit:
            self.notes.append(f"{self._config} lacks units: lengths in {unit}, speeds in {speed}")

    def _fitting(self, links: CsvTable, ratio: float) -> str:
        """Give the unit in which lengths so many times the metres drawn are as drawn."""
        told = self._length_unit
        if told and 1 / MAX_LENGTH_RATIO <= ratio * METRES[told] <= MAX_LENGTH_RATIO:
            return told
        best = min(GUESSES, key=lambda unit: abs(np.log(ratio * METRES[unit])))
        sure = SURE_RATIO if told else MAX_LENGTH_RATIO
        if not 1 / sure <= ratio * METRES[best] <= sure:
            raise NetworkError(
                f"{links.path}: column 'length': {_times(ratio, told or 'm')}, and no other unit "
                "fits, expected lengths in the long_length of config.csv"
            )
        if told:
            self.notes.append(
                f"lengths are in {best}, not in {told} as {self._config} says: "
                f"{_times(ratio, told)}"
            )
        return best


_MILES = (METRES["mile"], METRES["foot"])


def _times(ratio: float, unit: str) -> str:
    times = ratio * METRES[unit]
    shown = f"{times:,.0f}" if times >= 10 else f"{times:.3g}"
    return f"in {unit} half the links are over {shown} times as long as drawn"


def _unit(table: CsvTable, column: str, units: dict[str, float]) -> str:
    value = table.text(column).iloc[0].lower().replace(" per ", "/").replace("_", " ")
    if value and value not in units:
        table.refuse(0, column, f"one of {', '.join(units)}")
    return value


def speeds_of_links(links: CsvTable, units: Units) -> Floats:
    """Give the links' free speeds in m/s, NaN where there is none.

    `25 mph` is in the unit that it names; of a list it is the first.
    """
    return _first_numbers(links, "free_speed", "a speed above 0", FASTEST_KMH / KMH, units)


def lanes_of_links(links: CsvTable) -> Floats:
    """Give the links' lanes, NaN where there are none; of a list it is the first."""
    return _first_numbers(links, "lanes", "a number of lanes from 0 to 30", 30.0, None)


def _first_numbers(
    links: CsvTable, column: str, expected: str, high: float, units: Units | None
) -> Floats:
    text = links.text(column)
    numbers: dict[str, float] = {"": np.nan}
    for value in text.unique():
        if not value:
            continue
        found = re.match(r"[\[('\"\s]*(-?[\d.]+(?:e[+-]?\d+)?)\s*([a-z/]*)", value.lower())
        try:
            number = float(found[1]) if found else np.nan
        except ValueError:
            number = np.nan
        if found and found[2]:
            number *= METRES_PER_SECOND.get(found[2], np.nan) if units else np.nan
        elif units:
            number *= units.speed
        if not 0 <= number <= high:
            links.refuse(int(np.argmax((text == value).to_numpy())), column, expected)
        numbers[value] = number
    return np.asarray(text.map(numbers), np.float64)
