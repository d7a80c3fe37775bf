"""Alerts about lasting queues: why they stand, and which of them belong to an incident."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from congestion.queues.history import QueueMinute
from congestion.queues.hotspots import HotSpot
from congestion.roadside import Roadside
from incidents.alerts.queue_behind import head_of, length_behind_m, members_behind
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.records import Cause, iso
from incidents.seen_words import Seen, evidence
from incidents.signs.planned import PlannedSign
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Metres, Seconds
from mapmatch.network import Network

PLANNED_PROBABILITY = 0.7
"""How sure a planned work or event is the cause where and when it is planned. Unit: share. Source:
chosen, a guess."""
SIGNAL_PROBABILITY = 0.5
"""How sure the cause `signal` is where the queue's head has one. Unit: share. Source: chosen, a
guess from the place alone."""
BUS_STOP_PROBABILITY = 0.4
"""How sure the cause `bus_stop` is where the queue's head has one. Unit: share. Source: chosen, a
guess from the place alone."""
DEMAND_PROBABILITY = 0.5
"""How sure the cause `demand` is elsewhere. Unit: share. Source: chosen, a guess."""


class _HotSpotAlertsState(SavedState, frozen=True):
    SCHEMA_VERSION = 6

    tracked: list[TrackedAlert]


class HotSpotAlerts:
    """Remembers the hot spots that are open under the id they were opened with.

    A queue that stands behind an open incident is that incident's and gets no alert of its own.
    """

    def __init__(self, network: Network, roadside: Roadside) -> None:
        self._network = network
        self._bus_stop_segments = set(roadside.bus_stops.segment.tolist())
        self.tracked: list[TrackedAlert] = []

    def step(
        self,
        spots: Sequence[HotSpot],
        incidents: Sequence[TrackedAlert],
        planned: Mapping[int, PlannedSign] = MappingProxyType({}),
    ) -> list[TrackedAlert]:
        """Take a minute's hot spots; give the alerts that have a new version.

        `planned` says by segment what the schedule names as the cause there.
        """
        changed: list[TrackedAlert] = []
        incident_segments = {i.segment for i in incidents if i.state != "cleared"}
        for spot in spots:
            alert = self._find(spot)
            if alert is None:
                if spot.change == "cleared" or incident_segments & {spot.root, *spot.members}:
                    continue
                alert = self._open(spot, planned.get(spot.root))
                self.tracked.append(alert)
            else:
                alert.state = "cleared" if spot.change == "cleared" else "updated"
            self._describe(alert, spot, planned.get(spot.root))
            alert.version += 1
            changed.append(alert)
        self.tracked = [alert for alert in self.tracked if alert.state != "cleared"]
        return changed

    def follow(self, now: QueueMinute) -> list[TrackedAlert]:
        """Carry on, in a minute without news of them, the alerts that step() gave no version of.

        Gives those that became graver, in a new version with their queue as it is now.
        """
        graver = []
        for alert in self.tracked:
            if alert.told_minute == now.minute_start:
                continue
            root = head_of(alert, now)
            behind = members_behind(self._network, root, now)
            alert.delay_veh_h += float(now.delay_veh_h[behind].sum())
            if alert.severity > alert.published_severity:
                length_m = length_behind_m(self._network, root, now)
                alert.segment, alert.offset_m = root, float(self._network.length_m[root])
                self._tell_queue(alert, now.minute_start, tuple(behind.tolist()), length_m)
                alert.state = "updated"
                alert.version += 1
                graver.append(alert)
        return graver

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_HotSpotAlertsState(self.tracked))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.tracked = unpack(data, _HotSpotAlertsState(self.tracked)).tracked

    def _find(self, spot: HotSpot) -> TrackedAlert | None:
        for alert in self.tracked:
            if alert.onset == spot.onset and (
                alert.found[0] in (spot.root, *spot.members) or spot.root in alert.found
            ):
                return alert
        return None

    def _open(self, spot: HotSpot, plan: PlannedSign | None) -> TrackedAlert:
        name = self._network.segment_ids[spot.root]
        cause, likely = self._cause(spot.root, plan)
        return TrackedAlert(
            alert_id=f"hotspot-{name}-{int(spot.onset)}",
            kind="hotspot",
            segment=spot.root,
            offset_m=float(self._network.length_m[spot.root]),
            onset=spot.onset,
            cause=cause,
            cause_probability=likely,
        )

    def _describe(self, alert: TrackedAlert, spot: HotSpot, plan: PlannedSign | None) -> None:
        alert.segment = spot.root
        alert.found = (spot.root, *(spot.members or alert.found))
        alert.offset_m = float(self._network.length_m[spot.root])
        alert.loop = spot.loop
        alert.delay_veh_h = spot.delay_veh_h
        alert.cause, alert.cause_probability = self._cause(spot.root, plan)
        alert.evidence = {}
        self._tell_queue(alert, spot.minute, spot.members or alert.queue, spot.length_m)
        if plan is not None:
            when = iso(spot.minute + MINUTE_S)
            alert.evidence["schedule"] = evidence("schedule", plan.seen, when, 0.0)

    def _tell_queue(
        self, alert: TrackedAlert, minute: Seconds, members: tuple[int, ...], length_m: Metres
    ) -> None:
        """Set the queue that the alert's next version tells of, and the evidence of it."""
        alert.queue, alert.queue_length_m, alert.told_minute = members, length_m, minute
        lasted = (minute + MINUTE_S - alert.onset) / MINUTE_S
        seen = Seen("queue", {"length_m": round(length_m, 1), "lasted_min": round(lasted)})
        alert.evidence["queue"] = evidence("states", seen, iso(minute + MINUTE_S), 1.0)

    def _cause(self, root: int, plan: PlannedSign | None) -> tuple[Cause, float]:
        """Guess the cause and its probability from what is planned or stands at its head."""
        if plan is not None:
            return plan.cause, PLANNED_PROBABILITY
        if self._network.node_has_signal[self._network.to_node[root]]:
            return "signal", SIGNAL_PROBABILITY
        if root in self._bus_stop_segments:
            return "bus_stop", BUS_STOP_PROBABILITY
        return "demand", DEMAND_PROBABILITY
