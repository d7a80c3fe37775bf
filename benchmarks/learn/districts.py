"""Simulates the districts that the speed model learns from beside the recordings of shanghai-core.

Three parts of Shanghai that do not overlap it, one of them on two mornings. The extract must reach
from 121.40 to 121.56 degrees east and 31.17 to 31.285 north. Needs the extra `sim`; some five
minutes a recording. A recording that is there already is left as it is.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from streams.simulated.city import make_city
from streams.simulated.demand import Morning
from streams.simulated.streets import Signals

DURATION_S = 70 * 60
# West south east north, or longitude and latitude of each corner.
NORTH = [121.41, 31.2475, 121.54, 31.285]
SOUTHWEST = [
    121.40, 31.17, 121.53, 31.17, 121.53, 31.1965, 121.4485, 31.1965, 121.4485, 31.246,
    121.40, 31.246,
]  # fmt: skip
EAST = [121.5165, 31.178, 121.56, 31.2465]


@dataclass(frozen=True)
class District:
    """A recording to make: its name is DISTRICT-MORNING."""

    name: str
    area: list[float]
    day: str
    morning: Morning
    signals: Signals = Signals()  # noqa: RUF009 - frozen


DISTRICTS = (
    # The map has few signals in the north.
    District(
        "north-act", NORTH, "2026-09-22",
        Morning(2, DURATION_S, 75.0, taxi_count=250, line_count=18), Signals(are_guessed=True),
    ),
    District(
        "southwest-act", SOUTHWEST, "2026-09-23",
        Morning(2, DURATION_S, 52.0, taxi_count=190, line_count=14),
    ),
    District(
        "southwest-heavy", SOUTHWEST, "2026-09-24",
        Morning(3, DURATION_S, 66.0, taxi_count=190, line_count=14),
    ),
    District(
        "east-act", EAST, "2026-09-25",
        Morning(4, DURATION_S, 30.0, taxi_count=110, line_count=8, breakdown_count=2),
    ),
)  # fmt: skip


def districts(folder: Path) -> list[Path]:
    """Give the recordings made into a folder, in the order they are learnt in.

    Ends the program where one is missing.
    """
    feeds = [folder / "feeds" / district.name for district in DISTRICTS]
    missing = [feed.name for feed in feeds if not (feed / "feed.toml").is_file()]
    if missing:
        raise SystemExit(f"{folder}: no recordings {', '.join(missing)}; run `make learn`")
    return feeds


def main() -> None:
    """Make every district that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("osm", type=Path, help="OpenStreetMap XML, .osm or .osm.gz")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for district in DISTRICTS:
        if (options.out / "feeds" / district.name / "feed.toml").is_file():
            continue
        report = make_city(
            options.osm, district.name, district.area, district.signals, district.morning,
            options.out, f"{district.day}T23:00:00+00:00",
        )  # fmt: skip
        print(district.name, report, sep="\n", flush=True)


if __name__ == "__main__":
    main()
