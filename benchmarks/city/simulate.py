"""Makes a city: a labelled recording, simulated with SUMO on a part of an OpenStreetMap extract.

The morning begins with empty streets. Writes `networks/NAME` and `feeds/NAME` into a folder. The
same arguments give the same files. Needs the extra `sim`.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from demand import Morning, demand_of
from recording import write_recording
from sensors import cameras_of, magnetometers_of, write_detectors
from streets import Signals, convert, read_streets, sumo_program, write_gmns

PROBE_STEP_S = 5
TELEPORT_S = 900
REROUTED_SHARE, REROUTED_EVERY_S = 0.3, 300


def drive(net: Path, morning: Morning, work: Path) -> str:
    """Run SUMO over what was written into a folder; give what it says at the end."""
    command = [
        sumo_program("sumo"), "-n", str(net), "-r", str(work / "routes.xml"),
        "-a", f"{work / 'stops.xml'},{work / 'detectors.xml'}",
        "--begin", "0", "--end", str(morning.duration_s), "--seed", str(morning.seed),
        "--time-to-teleport", str(TELEPORT_S), "--ignore-route-errors",
        "--device.rerouting.probability", str(REROUTED_SHARE),
        "--device.rerouting.period", str(REROUTED_EVERY_S),
        "--device.rerouting.adaptation-interval", "30",
        "--fcd-output", str(work / "fixes.xml"), "--device.fcd.probability", "0",
        "--device.fcd.period", str(PROBE_STEP_S), "--fcd-output.geo", "--precision.geo", "7",
        "--fcd-output.attributes", "x,y,angle,speed,pos,lane",
        "--vehroute-output", str(work / "routes_driven.xml"),
        "--vehroute-output.exit-times", "--vehroute-output.write-unfinished",
        "--no-step-log", "--no-warnings", "--duration-log.statistics",
    ]  # fmt: skip
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=work)
    return told.stdout


def make_city(
    osm: Path, name: str, area: list[float], signals: Signals, morning: Morning,
    out: Path, start: str,
) -> None:  # fmt: skip
    """Write a city's network and its recorded morning."""
    with tempfile.TemporaryDirectory(dir=out) as folder:
        work = Path(folder)
        net = convert(osm, area, signals, work)
        streets = read_streets(net)
        write_gmns(streets, name, out / "networks" / name)
        demand = demand_of(streets, morning)
        demand.write(work / "routes.xml", work / "stops.xml")
        sensors, approaches = magnetometers_of(streets), cameras_of(streets, morning.seed)
        write_detectors(sensors, approaches, work / "detectors.xml")
        print(f"{len(streets.links)} links, {len(sensors)} magnetometers", flush=True)
        print(drive(net, morning, work), flush=True)
        feed = out / "feeds" / name
        write_recording(streets, demand, sensors, approaches, morning, start, work, feed)


def main() -> None:
    """Make the city that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("osm", type=Path, help="OpenStreetMap XML, .osm or .osm.gz")
    parser.add_argument("name")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--area", type=float, nargs="+", required=True,
        help="west south east north, or longitude and latitude of each corner",
    )  # fmt: skip
    parser.add_argument("--guess-signals", action="store_true", help="where the map has few")
    parser.add_argument("--signals", choices=["actuated", "static"], default="actuated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=int, default=70)
    parser.add_argument("--cars-per-minute", type=float, default=85.0)
    parser.add_argument("--taxis", type=int, default=350)
    parser.add_argument("--lines", type=int, default=27)
    parser.add_argument("--breakdowns", type=int, default=4)
    parser.add_argument("--start", default="2026-09-21T23:00:00+00:00")
    told = parser.parse_args()
    signals = Signals(told.signals, told.guess_signals)
    told.out.mkdir(parents=True, exist_ok=True)
    morning = Morning(
        told.seed, told.minutes * 60, told.cars_per_minute, told.taxis, told.lines,
        told.breakdowns,
    )  # fmt: skip
    make_city(told.osm, told.name, told.area, signals, morning, told.out, told.start)


if __name__ == "__main__":
    main()
