"""Alerts about lasting queues: why they stand, and which of them belong to an incident."""

from collections.abc import Sequence

from congestion.queues.hotspots import HotSpot
from congestion.roadside import Roadside
from incidents.alerts.incidents import Case
from incidents.records import Cause, Evidence, iso
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S
from mapmatch.network import Network


class _HotSpotBookState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    cases: list[Case]


class HotSpotBook:
    """Remembers the hot spots that are open under the id they were opened with.

    A queue that stands behind an open incident is that incident's and gets no alert of its own.
    """

    def __init__(self, network: Network, roadside: Roadside) -> None:
        self._network = network
        self._bus_stop_segments = set(roadside.bus_stops.segment.tolist())
        self.cases: list[Case] = []

    def step(self, spots: Sequence[HotSpot], incidents: Sequence[Case]) -> list[Case]:
        """Take a minute's hot spots; give the cases to be told of."""
        told: list[Case] = []
        held = {i.segment for i in incidents if i.state != "cleared"}
        for spot in spots:
            case = self._find(spot)
            if case is None:
                if spot.change == "cleared" or held & {spot.root, *spot.members}:
                    continue
                case = self._open(spot)
                self.cases.append(case)
            else:
                case.state = "cleared" if spot.change == "cleared" else "updated"
            self._describe(case, spot)
            case.version += 1
            told.append(case)
        self.cases = [case for case in self.cases if case.state != "cleared"]
        return told

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_HotSpotBookState(self.cases))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.cases = unpack(data, _HotSpotBookState(self.cases)).cases

    def _find(self, spot: HotSpot) -> Case | None:
        for case in self.cases:
            if case.onset == spot.onset and (
                case.segment in (spot.root, *spot.members) or spot.root in case.queue
            ):
                return case
        return None

    def _open(self, spot: HotSpot) -> Case:
        name = self._network.segment_ids[spot.root]
        cause, likely = self._cause(spot.root)
        return Case(
            alert_id=f"hotspot-{name}-{int(spot.onset)}",
            kind="hotspot",
            segment=spot.root,
            offset_m=float(self._network.length_m[spot.root]),
            onset=spot.onset,
            cause=cause,
            cause_probability=likely,
        )

    def _describe(self, case: Case, spot: HotSpot) -> None:
        case.segment = spot.root
        case.offset_m = float(self._network.length_m[spot.root])
        if spot.members:
            case.queue = spot.members
        case.queue_length_m = spot.length_m
        case.delay_veh_h = spot.delay_veh_h
        case.cause, case.cause_probability = self._cause(spot.root)
        when = iso(spot.minute + MINUTE_S)
        lasted = (spot.minute + MINUTE_S - spot.onset) / MINUTE_S
        seen = f"queue of {spot.length_m:.0f} m for {lasted:.0f} min"
        case.evidence = {"queue": Evidence("states", seen, when, 1.0)}

    def _cause(self, root: int) -> tuple[Cause, float]:
        """Guess from what the head of the queue stands at; a first guess, and said to be one."""
        if self._network.node_has_signal[self._network.to_node[root]]:
            return "signal", 0.5
        if root in self._bus_stop_segments:
            return "bus_stop", 0.4
        return "demand", 0.5
