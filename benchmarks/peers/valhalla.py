"""Valhalla's meili (pyvalhalla wheel, C++) on the same network and fixes, for matching.py.

The wheel is of a later Python than ours, but the programs in it run on their own once it is
unpacked; CLEARWAY_VALHALLA names the folder:

    pip download --no-deps --python-version 3.12 --only-binary=:all: \\
        --platform manylinux_2_28_x86_64 --dest /tmp pyvalhalla
    python -m zipfile -e /tmp/pyvalhalla-*.whl /tmp/valhalla
    export CLEARWAY_VALHALLA=/tmp/valhalla

The network goes to it as an OpenStreetMap file of one one-way way a segment, so that a way's id
names the segment. It is told no bans of turns: with them, as restrictions in that file, its routes
in Monaco and Krems are the same to within .0003 of RMF (fixes 10, 30 and 60 s apart).
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import osmium
import pandas as pd
import pyarrow as pa
from osmium.osm.mutable import Node, Way

from benchmarks.peers.answers import PeerAnswers
from ingest.units import KMH
from mapmatch.network import ROAD_CLASSES, Network
from mapmatch.projection import LocalPlane

# How far it looks for roads: five times the noise, between its default and the most it takes.
LEAST_RADIUS_M, MOST_RADIUS_M = 50.0, 100.0
# Fixes nearer than this to the one before are put on the path found without them. With a match for
# every fix, distance 0, it walks to and fro in the noise: .825 exact on bj_a10_10s, with this .885.
INTERPOLATED_WITHIN = 3.0  # times the noise
# Its scale of the difference of route and straight line, metres; of 1, 3 (its default), 6 and 10
# the best on bj_a10_10s: .887. Neither a sigma_z of the true noise nor a cost of turns does better,
# and gps_accuracy and times change nothing.
BETA = 6.0
# Beyond what any trace is long, so that none is refused.
LONGEST_M, MOST_FIXES = 2e6, 100_000
PATIENCE_S = 30.0
ATTRIBUTES = ["edge.way_id", "matched.edge_index", "matched.type"]


class Edge(msgspec.Struct, frozen=True):
    """A road of the answered path."""

    way_id: int


class Point(msgspec.Struct, frozen=True):
    """What became of one fix; `edge_index` counts the answered path's edges."""

    type: str
    edge_index: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """What the service says of one trace."""

    edges: list[Edge] = []
    matched_points: list[Point] = []


@dataclass(frozen=True)
class Service:
    """A running service of one worker."""

    process: subprocess.Popen[bytes]
    port: int

    def ask(self, action: str, body: bytes) -> bytes | None:
        """Give the answer to a request, None where it is refused (no road near, no path)."""
        line = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            line.request("POST", f"/{action}", body, {"Content-Type": "application/json"})
            answer = line.getresponse()
            found = answer.read()
            return found if answer.status == http.client.OK else None
        finally:
            line.close()

    def processor_s(self) -> float:
        """Give the processor time of all its threads since it began."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Valhalla:
    """Valhalla's matcher on one network. Raises ImportError where it is not unpacked."""

    fix_limit: int | None = None

    def __init__(self, network: Network, cache: Path) -> None:
        self._programs = _programs()
        self._ids = network.segment_ids
        self._config = cache / "valhalla.json"
        tiles, roads = cache / "valhalla_tiles", cache / "valhalla.osm.pbf"
        tiles.mkdir()
        _write_roads(network, roads)
        self._write_config(tiles)
        began = time.perf_counter()
        subprocess.run(
            [self._programs / "valhalla_build_tiles", "-c", self._config, "-j", "1", roads],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.build_s = time.perf_counter() - began

    def match(self, fixes: pa.Table, error_m: float) -> tuple[pa.Table, pa.Table, float]:
        """Give matched fixes, routes, and the seconds of processor time that matching took.

        That is the service's own user and system time from the first request to the last answer,
        reading requests and writing answers included, starting not. All is asked once before, so
        that its tiles are read and its search grid is filled.
        """
        frame = fixes.select(["vehicle_id", "event_time", "longitude", "latitude"]).to_pandas()
        traces = [(name, rows) for name, rows in frame.groupby("vehicle_id", sort=False)]
        requests = [_request(rows, error_m) for _, rows in traces]
        with self._service() as service:
            for request in requests:
                service.ask("trace_attributes", request)
            began = service.processor_s()
            answers = [service.ask("trace_attributes", request) for request in requests]
            seconds = service.processor_s() - began
        given = PeerAnswers()
        for (_, rows), answer in zip(traces, answers, strict=True):
            segments, route = self._read(answer, len(rows))
            given.add(rows, segments, route)
        return *given.tables(), seconds

    def _read(self, answer: bytes | None, count: int) -> tuple[list[str | None], list[str]]:
        if answer is None:
            return [None] * count, []
        found = msgspec.json.decode(answer, type=Answer)
        route = [self._ids[edge.way_id - 1] for edge in found.edges]
        segments = [
            route[point.edge_index]
            if point.edge_index is not None and point.edge_index < len(route)
            else None
            for point in found.matched_points
        ]
        return segments, route

    def _write_config(self, tiles: Path) -> None:
        """Write its default configuration with our places and with limits no trace meets."""
        script = self._programs.parent / "valhalla_build_config.py"
        printed = subprocess.run(
            [sys.executable, script, "--mjolnir-tile-dir", tiles, "--mjolnir-concurrency", "1"],
            check=True, capture_output=True,
        )  # fmt: skip
        config = json.loads(printed.stdout)
        for unused in ("tile_extract", "traffic_extract", "admin", "landmarks", "timezone"):
            config["mjolnir"].pop(unused, None)
        config["service_limits"]["trace"] |= {"max_distance": LONGEST_M, "max_shape": MOST_FIXES}
        config["meili"]["default"]["beta"] = BETA
        config["logging"] = {"type": ""}
        self._config.write_text(json.dumps(config))

    @contextmanager
    def _service(self) -> Iterator[Service]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = json.loads(self._config.read_text())
        config["httpd"]["service"] |= {"listen": f"tcp://127.0.0.1:{port}", "drain_seconds": 0}
        self._config.write_text(json.dumps(config))
        process = subprocess.Popen(
            [self._programs / "valhalla_service", self._config, "1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            service = Service(process, port)
            _wait_for(service)
            yield service
        finally:
            process.terminate()
            process.wait()


def _wait_for(service: Service) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            service.ask("status", b"{}")
            return
        except OSError:
            if service.process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _programs() -> Path:
    place = os.environ.get("CLEARWAY_VALHALLA")
    if not place:
        raise ImportError("CLEARWAY_VALHALLA names no folder with an unpacked pyvalhalla wheel")
    programs = Path(place).resolve() / "valhalla" / "bin"
    for name in ("valhalla_build_tiles", "valhalla_service"):
        if not (programs / name).is_file():
            raise ImportError(f"no {name} in {programs}")
        (programs / name).chmod(0o755)  # unpacking a wheel forgets what may be run
    return programs


def _request(rows: pd.DataFrame, error_m: float) -> bytes:
    times = rows.event_time.dt.tz_localize(None).astype("datetime64[ms]").astype("int64") / 1000
    places = zip(rows.latitude.tolist(), rows.longitude.tolist(), times.tolist(), strict=True)
    return msgspec.json.encode(
        {
            "shape": [{"lat": lat, "lon": lon, "time": moment} for lat, lon, moment in places],
            "costing": "auto",
            "shape_match": "map_snap",
            "trace_options": {
                "gps_accuracy": error_m,
                "search_radius": min(max(5.0 * error_m, LEAST_RADIUS_M), MOST_RADIUS_M),
                "interpolation_distance": INTERPOLATED_WITHIN * error_m,
            },
            "filters": {"action": "include", "attributes": ATTRIBUTES},
        }
    )


def _write_roads(network: Network, path: Path) -> None:
    """Write the network as OpenStreetMap data: way i + 1 is segment i, node i + 1 is node i."""
    plane = LocalPlane(network)
    longitude, latitude = plane.to_degrees(network.node_x, network.node_y)
    along, across = plane.to_degrees(network.vertex_x, network.vertex_y)
    node_count = len(network.node_ids)
    offsets = network.vertex_offsets
    with osmium.SimpleWriter(str(path)) as writer:
        for i, place in enumerate(zip(longitude.tolist(), latitude.tolist(), strict=True)):
            writer.add_node(Node(id=i + 1, version=1, location=place))
        for i, place in enumerate(zip(along.tolist(), across.tolist(), strict=True)):
            writer.add_node(Node(id=node_count + i + 1, version=1, location=place))
        for segment in range(network.segment_count):
            between = range(offsets[segment] + 1, offsets[segment + 1] - 1)
            nodes = [
                int(network.from_node[segment]) + 1,
                *(node_count + int(i) + 1 for i in between),
                int(network.to_node[segment]) + 1,
            ]
            tags = {
                "highway": ROAD_CLASSES[network.road_class[segment]],
                "oneway": "yes",
                "maxspeed": str(round(KMH * network.free_speed_mps[segment])),
            }
            writer.add_way(Way(id=segment + 1, version=1, nodes=nodes, tags=tags))
