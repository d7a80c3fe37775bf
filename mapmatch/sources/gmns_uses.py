"""Who may drive along a GMNS link, and what class of road it is."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mapmatch.network import ROAD_CLASSES
from mapmatch.sources.csv_table import CsvTable, find_csv


def words(value: str) -> frozenset[str]:
    """Give the words of a list, whatever stands between them, in small letters."""
    return frozenset(word for word in re.split(r"[^\w.-]+", value.lower()) if word)


CAR_USES = words(
    "auto autos automobile car cars all any motor motor_vehicle motorcar vehicle vehicles drive "
    "passenger taxi hov hov2 hov3 hov4 sov da sr sr2 sr3 hot truck trucks hgv"
)
BUS_USES = words("bus buses transit psv brt")
OTHER_USES = words(
    "walk walking ped peds pedestrian pedestrians foot bike bikes bicycle bicycles cycle cycling "
    "scooter moped motorcycle micromobility horse rail railway train tram subway lrt ferry aeroway "
    "air parking shoulder none no twltl delivery loading"
)
"""Uses of links that are no roads of ours. A use unknown is a car's, if alone."""

# Of links that do not say who uses them.
UNDRIVEN = words(
    "footway path steps stairs cycleway pedestrian bridleway corridor elevator track construction "
    "proposed sidewalk crosswalk crossing walkway walk bikeway bike_path bike_lane cycletrack "
    "cycle_track trail shared_use_path shared_path off_street_path offstreet_path ramp_pedestrian "
    "platform rail railway light_rail tram subway monorail narrow_gauge funicular preserved "
    "metro lrt ferry aeroway runway taxiway transit_access zone_access"
)
FOR_BUSES = words("busway bus_guideway bus_lane buslane bus_only transitway brt transit")
CLASS_OF = {name: i for i, name in enumerate(ROAD_CLASSES)} | {
    other: ROAD_CLASSES.index(name)
    for name, others in {
        "motorway": "freeway interstate toll_road",
        "motorway_link": "ramp on_ramp off_ramp onramp offramp freeway_ramp",
        "trunk": "expressway highway",
        "primary": "arterial principal_arterial major_arterial",
        "secondary": "minor_arterial",
        "tertiary": "collector major_collector minor_collector",
        "residential": "living_street local local_road local_street street",
        "unclassified": "busway bus_guideway road",
        "service": "alley",
    }.items()
    for other in others.split()
}
"""Of other names than OpenStreetMap's: those of planners and of other GMNS writers."""
UNCLASSIFIED = ROAD_CLASSES.index("unclassified")

Flags = npt.NDArray[np.bool_]


class Uses:
    """Which lists of uses are whose; `use_group.csv` says what its names stand for."""

    def __init__(self, folder: Path) -> None:
        self.unknown: set[str] = set()
        self._group: dict[str, str] = {}
        path = find_csv(folder, "use_group")
        if path is not None:
            table = CsvTable(path, ("use_group", "uses"))
            names = table.text("use_group").str.lower()
            self._group = dict(zip(names, table.text("uses"), strict=True))

    def who(self, value: str) -> tuple[bool, bool]:
        """Give whether cars and whether buses are among some uses, of which there is one."""
        uses = {use for word in words(value) for use in words(self._group.get(word, word))}
        strange = uses - CAR_USES - BUS_USES - OTHER_USES
        self.unknown |= strange
        is_car = bool(uses & CAR_USES) or bool(strange and not uses & (BUS_USES | OTHER_USES))
        return is_car, bool(uses & BUS_USES)


def uses_of_links(links: CsvTable, uses: Uses) -> tuple[Flags, Flags]:
    """Give which links only buses may use and which any road vehicle may.

    A link that does not say who uses it is told by its facility_type.
    """
    text, kind = links.text("allowed_uses"), kinds_of_links(links)
    text = text.where(text != "", "\0" + kind)
    is_car, is_bus = {}, {}
    for value in text.unique():
        if not value.startswith("\0"):
            is_car[value], is_bus[value] = uses.who(value)
            continue
        is_bus[value] = value[1:] in FOR_BUSES
        is_car[value] = not is_bus[value] and value[1:] not in UNDRIVEN
    cars, buses = text.map(is_car).to_numpy(bool), text.map(is_bus).to_numpy(bool)
    return buses & ~cars, buses | cars


def kinds_of_links(links: CsvTable) -> "pd.Series[str]":
    """Give the links' facility types in one way of writing, `Highway.On-Ramp` as `on_ramp`.

    Of a list of types it is the first.
    """
    name = "facility_type" if links.has("facility_type") else "link_type_name"
    text = links.text(name)
    plain = {}
    for value in text.unique():
        first = value.strip("[](){}'\" ").split(",")[0].split(";")[0].strip("'\" ")
        plain[value] = re.sub(r"[\s-]+", "_", first.lower().removeprefix("highway.").strip())
    return text.map(plain)


def road_classes(links: CsvTable) -> tuple[npt.NDArray[np.int8], list[str]]:
    """Give the links' road classes, and a note of the facility types that are none."""
    kinds = kinds_of_links(links)
    index = kinds.map(CLASS_OF)
    unknown = kinds[index.isna()]
    notes = []
    if len(unknown):
        names = ", ".join(repr(kind) for kind in sorted(unknown.unique())[:5])
        notes.append(f"{len(unknown):,} links of facility_type {names} taken as unclassified")
    return np.asarray(index.fillna(UNCLASSIFIED), np.int8), notes
