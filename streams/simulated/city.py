"""A labelled morning, simulated with SUMO: of a city cut from a map, or of a drawn freeway."""

import subprocess
import tempfile
from pathlib import Path

from streams.simulated.corridor import freeway_demand
from streams.simulated.demand import Demand, Morning, demand_of
from streams.simulated.freeway import Freeway, draw
from streams.simulated.recording import Moments, write_recording
from streams.simulated.sensors import (
    Approach,
    Sensor,
    cameras_of,
    magnetometers_of,
    stations_of,
    write_detectors,
)
from streams.simulated.streets import (
    Signals,
    Streets,
    convert,
    read_streets,
    sumo_program,
    write_gmns,
)

PROBE_STEP_S = 5
TELEPORT_S = 900
REROUTED_SHARE, REROUTED_EVERY_S = 0.3, 300
OSM_LICENCE = "on an OpenStreetMap network (ODbL 1.0)"
DRAWN_LICENCE = "on a network drawn by the project (ODbL 1.0)"


def drive(
    net: Path, duration_s: int, seed: int, work: Path, rerouted_share: float = REROUTED_SHARE
) -> str:
    """Run SUMO over what was written into a folder; give what it says at the end."""
    routes = [work / name for name in ("routes.xml", "more.rou.xml")]
    additional = [work / name for name in ("stops.xml", "detectors.xml", "more.add.xml")]
    command = [
        sumo_program("sumo"), "-n", str(net),
        "-r", ",".join(str(path) for path in routes if path.exists()),
        "-a", ",".join(str(path) for path in additional if path.exists()),
        "--begin", "0", "--end", str(duration_s), "--seed", str(seed),
        "--time-to-teleport", str(TELEPORT_S), "--ignore-route-errors",
        "--device.rerouting.probability", str(rerouted_share),
        "--device.rerouting.period", str(REROUTED_EVERY_S),
        "--device.rerouting.adaptation-interval", "30",
        "--fcd-output", str(work / "fixes.xml"), "--device.fcd.probability", "0",
        "--device.fcd.period", str(PROBE_STEP_S), "--fcd-output.geo", "--precision.geo", "7",
        "--fcd-output.attributes", "x,y,angle,speed,pos,lane",
        "--vehroute-output", str(work / "routes_driven.xml"),
        "--vehroute-output.exit-times", "--vehroute-output.write-unfinished",
        "--no-step-log", "--no-warnings", "--duration-log.statistics",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=work)
    return done.stdout


def make_city(
    osm: Path, name: str, area: list[float], signals: Signals, morning: Morning,
    out: Path, start: str,
) -> str:  # fmt: skip
    """Write `networks/NAME` and `feeds/NAME` into a folder; give what SUMO reports at the end.

    The morning begins with empty streets. The same arguments give the same files. Raises
    FileNotFoundError where SUMO (the extra `sim`) is not installed.
    """
    with tempfile.TemporaryDirectory(dir=out) as folder:
        work = Path(folder)
        net = convert(osm, area, signals, work)
        streets = read_streets(net)
        write_gmns(streets, name, out / "networks" / name)
        demand = demand_of(streets, morning)
        sensors, approaches = magnetometers_of(streets), cameras_of(streets, morning.seed)
        moments = Moments(start, morning.duration_s, morning.seed)
        feed = out / "feeds" / name
        return _recorded(
            net, streets, demand, sensors, approaches, moments, work, feed, OSM_LICENCE
        )


def make_freeway(freeway: Freeway, name: str, moments: Moments, out: Path) -> str:
    """Write `networks/NAME` and `feeds/NAME` into a folder, as `make_city` does, of a freeway."""
    with tempfile.TemporaryDirectory(dir=out) as folder:
        work = Path(folder)
        net = draw(freeway, work)
        streets = read_streets(net)
        write_gmns(streets, name, out / "networks" / name)
        demand = freeway_demand(streets, freeway, moments.duration_s, moments.seed)
        stations = stations_of(streets, freeway.reading_s, moments.seed)
        sensors, approaches = [*magnetometers_of(streets), *stations], cameras_of(streets, 0)
        feed = out / "feeds" / name
        return _recorded(
            net, streets, demand, sensors, approaches, moments, work, feed, DRAWN_LICENCE, 0.0
        )


def _recorded(
    net: Path, streets: Streets, demand: Demand, sensors: list[Sensor],
    approaches: list[Approach], moments: Moments, work: Path, feed: Path, licence: str,
    rerouted_share: float = REROUTED_SHARE,
) -> str:  # fmt: skip
    """Drive a demand and write what was sensed of it; give what SUMO says at the end."""
    demand.write(work / "routes.xml", work / "stops.xml")
    write_detectors(sensors, approaches, demand.type_names(), work / "detectors.xml")
    report = drive(net, moments.duration_s, moments.seed, work, rerouted_share)
    network = f"../../networks/{feed.name}"
    write_recording(streets, demand, sensors, approaches, moments, work, feed, licence, network)
    return report
