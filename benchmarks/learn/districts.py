"""Simulates the districts that the speed model learns from beside the recordings of shanghai-core.

Three parts of Shanghai that do not overlap it, one of them on two mornings. The extract must reach
from 121.40 to 121.56 degrees east and 31.17 to 31.285 north. And freeways, drawn, with trucks and
vans: they break down by demand, where lanes end and where cars stand. Needs the extra `sim`; some
five minutes a recording. A recording that is there already is left as it is.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from streams.simulated.city import make_city, make_freeway
from streams.simulated.demand import Morning
from streams.simulated.freeway import Block, Freeway, Way
from streams.simulated.recording import Moments
from streams.simulated.streets import Signals
from streams.simulated.vehicles import Mix

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


@dataclass(frozen=True)
class Corridor:
    """A recording of a drawn freeway: its name is DISTRICT-MORNING too."""

    name: str
    freeway: Freeway
    day: str
    duration_s: int
    seed: int


CORRIDORS = (
    Corridor(
        "freewaywide-act",
        Freeway(
            "Wide Freeway", (121.10, 31.45), 75.0, 7400.0, (1900.0, 3900.0, 5700.0),
            (
                Way(((0.0, 5), (3000.0, 4)), 120.0,
                    ((0, 2200), (10, 4200), (18, 6400), (33, 6400), (40, 2600), (72, 1800)),
                    ((0, 300), (15, 850), (35, 850), (42, 300)), 0.07),
                Way(((0.0, 4), (4700.0, 3)), 110.0,
                    ((0, 1600), (22, 3200), (29, 6400), (47, 6400), (53, 1900), (72, 1600)),
                    ((0, 250), (28, 700), (47, 700), (53, 250)), 0.08),
            ),
            Mix(((0, 0.18), (30, 0.10), (60, 0.04))),
            (Block(0, 5000.0, (0, 1), 22 * 60.0, 14 * 60.0),),
            reading_s=30,
        ),
        "2026-10-12", 75 * 60, 11,
    ),
    Corridor(
        "freewayring-act",
        Freeway(
            "Ring Freeway", (121.25, 31.05), 20.0, 6400.0, (900.0, 2100.0, 3250.0, 4350.0, 5450.0),
            (
                Way(((0.0, 3), (6100.0, 2)), 80.0,
                    ((0, 1500), (10, 2800), (18, 4300), (34, 4300), (40, 1900), (72, 1500)),
                    ((0, 200), (15, 700), (34, 700), (40, 200)), 0.12),
                Way(((0.0, 3),), 80.0,
                    ((0, 1200), (24, 2600), (30, 4400), (42, 4400), (48, 1800), (72, 1500)),
                    ((0, 200), (28, 700), (42, 700), (48, 250)), 0.12),
            ),
            Mix(((0, 0.14), (30, 0.07), (60, 0.03))),
            (Block(1, 4000.0, (0, 1), 32 * 60.0, 10 * 60.0),),
        ),
        "2026-10-13", 75 * 60, 12,
    ),
    Corridor(
        "freewayedge-act",
        Freeway(
            "Edge Freeway", (121.10, 30.90), 130.0, 8000.0, (2600.0, 5800.0),
            (
                Way(((0.0, 2),), 100.0,
                    ((0, 900), (10, 1800), (18, 3100), (38, 3100), (44, 1200), (80, 900)),
                    ((0, 150), (18, 450), (40, 450), (46, 150)), 0.08),
                Way(((0.0, 3), (4600.0, 2)), 100.0,
                    ((0, 900), (25, 2000), (33, 4900), (48, 4900), (56, 1300), (80, 900)),
                    ((0, 150), (30, 400), (52, 400), (56, 150)), 0.08),
            ),
            Mix(((0, 0.25), (30, 0.18), (60, 0.08)), van_share=0.1),
            (Block(0, 5000.0, (0,), 24 * 60.0, 14 * 60.0),),
        ),
        "2026-10-14", 80 * 60, 13,
    ),
)  # fmt: skip


def districts(folder: Path) -> list[Path]:
    """Give the recordings made into a folder, in the order they are learnt in.

    Ends the program where one is missing.
    """
    feeds = [folder / "feeds" / made.name for made in (*DISTRICTS, *CORRIDORS)]
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
    for corridor in CORRIDORS:
        if (options.out / "feeds" / corridor.name / "feed.toml").is_file():
            continue
        start = f"{corridor.day}T23:00:00+00:00"
        moments = Moments(start, corridor.duration_s, corridor.seed)
        report = make_freeway(corridor.freeway, corridor.name, moments, options.out)
        print(corridor.name, report, sep="\n", flush=True)


if __name__ == "__main__":
    main()
