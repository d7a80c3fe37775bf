"""Why each true queue stood: an incident at its root, a bus, a signal, or more than the road takes.

An incident is a queue's cause where its root is at the incident while that lasts, and did not stand
on the same morning without incidents: what stands then as well is recurrent.
"""

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from congestion.queues.loops import find_loops
from congestion.roadside import RoadsideAssets
from incidents.judgement.neighbours import segments_after, segments_before
from incidents.records import Alert, Cause, seconds
from incidents.road_points import driving_distance_m
from incidents.scoring.incidents import GRACE_S, REACH_M, TrueIncident
from incidents.scoring.true_queues import (
    SLOW_MINUTES,
    SLOW_SHARE,
    TrueTraffic,
    near,
    recent_mean,
    true_traffic,
)
from ingest.kernels.arrays import Flags, Floats
from ingest.units import KMH, MINUTE_S, Seconds
from mapmatch.network import Network

KIND_CAUSES: dict[str, Cause] = {
    "illegal_parking": "illegal_parking", "stuck_signal": "signal", "dark_signal": "signal",
    "signal_stuck": "signal", "signal_dark": "signal", "work_zone": "work_zone",
    "slow_zone": "weather", "surge": "event", "gridlock": "gridlock",
}  # fmt: skip
"""The cause that each type of true incident is; any other type is an `incident`."""
LOOP_SHARE, LOOP_MINUTES = 0.2, 3
"""Queues that close into a loop, slower than this share of the limit over SLOW_MINUTES, for so many
minutes are gridlock. Source: chosen, as for queues."""
BUS_SHARE = 0.1
"""A bus that stands at the root's stop for this share of SLOW_MINUTES blocks it, where no signal
does. Source: chosen, half a minute."""
STANDS_MPS = 0.5
"""A bus slower than this between two fixes stands. Unit: m/s. Source: chosen, the error of GPS."""
LONGEST_GAP_S = 60.0
"""Two fixes farther apart do not tell whether it stood. Unit: s. Source: chosen."""
STOP_REACH_M = 25.0
"""A bus that stands so near a stop serves it. Unit: m. Source: chosen, two buses."""
SURGE_REACH_M = 800.0
"""A surge makes queues so near the street where it starts. Source: chosen, two blocks."""
AFTER_S = {"surge": 1200.0, "gridlock": 3600.0}
"""So long after it a queue may still be of an incident of some types. Source: chosen; a loop does
not clear by itself."""
LEAST_SHARE = 0.3
"""An alert stood on a true queue where it did for this share of its minutes. Source: chosen."""


class TrueCauses:
    """The true causes of a recording's queues, minute by minute; nothing changes it."""

    def __init__(
        self,
        minutes: pd.DataFrame,
        network: Network,
        incidents: Sequence[TrueIncident],
        fixes: pd.DataFrame,
        stops: RoadsideAssets[str],
    ) -> None:
        times = pd.DatetimeIndex(sorted(minutes.interval_start.unique()))
        self._network, self._incidents = network, incidents
        self._begin = times[0].timestamp()
        self.traffic: TrueTraffic = true_traffic(minutes, network, times)
        self._without = _undisturbed(minutes, network, times)
        self._bus_share = _bus_shares(fixes, network, stops, times)
        self._of: dict[tuple[int, int], Cause | None] = {}
        self._in_loop = self._loops()

    def of_alert(self, versions: Sequence[Alert]) -> Cause:
        """Give the true cause of an alert from its versions; `unclassified` where nothing stood."""
        first, last = versions[0], versions[-1]
        if first.kind == "incident":
            incident = self._incident_of(first)
            if incident is not None:
                return KIND_CAUSES.get(incident.type, "incident")
        begin, end = (self._minute(seconds(v.event_time)) - 1 for v in (first, last))
        at = {seconds(v.event_time): self._network.index_of(v.segment_id) for v in versions}
        told = sorted(at)
        seen: Counter[Cause | None] = Counter()
        for minute in range(begin, max(end, begin + 1)):
            before = [t for t in told if self._minute(t) - 1 <= minute] or told[:1]
            segment = at[before[-1]]
            if segment is not None and 0 <= minute < len(self.traffic.links):
                seen[self.at(minute, segment)] += 1
        named = Counter({cause: n for cause, n in seen.items() if cause is not None})
        if not named or sum(named.values()) < LEAST_SHARE * sum(seen.values()):
            return "unclassified"
        return max(sorted(named), key=lambda cause: named[cause])

    def at(self, minute: int, segment: int) -> Cause | None:
        """Give why the queue at a segment stood, None where none did there or next to it."""
        links = self.traffic.links[minute]
        beside = [*segments_after(self._network, segment), *segments_before(self._network, segment)]
        at = segment if segment in links else next((s for s in beside if s in links), None)
        if at is None:
            return None
        if self._in_loop[minute, at]:
            return "gridlock"
        way = [at]
        while (ahead := links.get(way[-1], way[-1])) != way[-1] and ahead not in way:
            way.append(ahead)
        if (minute, way[-1]) not in self._of:
            self._of[minute, way[-1]] = self._of_root(minute, way[-1])
        return self._of[minute, way[-1]]

    def _loops(self) -> Flags:
        """Give m x n: whether a segment is in a queue that was a closed loop for minutes."""
        network, traffic = self._network, self.traffic
        in_loop = np.zeros((len(traffic.links), network.segment_count), np.bool_)
        known = np.ones(network.segment_count, np.bool_)
        for minute in range(len(traffic.links)):
            recent = recent_mean(traffic.speed_mps[: minute + 1])
            stands = recent < LOOP_SHARE * network.free_speed_mps
            queues = traffic.queues_by_speed(minute)
            for loop in find_loops(network, queues, stands, known).values():
                in_loop[minute, list(loop)] = True
        lasts = in_loop.copy()
        for back in range(1, LOOP_MINUTES):
            lasts[back:] &= in_loop[:-back]
        return lasts

    def _of_root(self, minute: int, root: int) -> Cause:
        network = self._network
        time = self._begin + MINUTE_S * minute
        if not self._is_recurrent(minute, root):
            beside = near(network, root)
            for incident in self._incidents:
                link = network.index_of(incident.link_id)
                reach = AFTER_S.get(incident.type, GRACE_S)
                if link is None or not (
                    seconds(incident.start) <= time + MINUTE_S
                    and time <= seconds(incident.end) + reach
                ):
                    continue
                if beside & {link, *map(network.index_of, incident.loop_link_ids)} or (
                    incident.type == "surge"
                    and driving_distance_m(
                        network, (link, incident.offset_m), (root, 0.0), SURGE_REACH_M
                    )
                    <= SURGE_REACH_M
                ):
                    return KIND_CAUSES.get(incident.type, "incident")
        if network.node_has_signal[network.to_node[root]]:
            return "signal"
        return "bus_stop" if self._bus_share[minute, root] >= BUS_SHARE else "demand"

    def _is_recurrent(self, minute: int, root: int) -> bool:
        """Tell whether the root stood in the same minutes without incidents."""
        recent = self._without[max(0, minute - SLOW_MINUTES + 1) : minute + 1, root]
        known = recent[np.isfinite(recent)]
        bound = SLOW_SHARE * self._network.free_speed_mps[root]
        return bool(len(known) and known.mean() < bound)

    def _incident_of(self, alert: Alert) -> TrueIncident | None:
        """Give the incident that an alert matches by the published rule, the nearest of several."""
        segment, time = self._network.index_of(alert.segment_id), seconds(alert.event_time)
        best, least = None, np.inf
        for incident in self._incidents:
            link = self._network.index_of(incident.link_id)
            if segment is None or link is None:
                continue
            if not seconds(incident.start) <= time <= seconds(incident.end) + GRACE_S:
                continue
            away = driving_distance_m(
                self._network, (segment, alert.offset_m), (link, incident.offset_m), REACH_M
            )
            if (away <= REACH_M or link == segment) and away < least:
                best, least = incident, away
        return best

    def _minute(self, time: Seconds) -> int:
        return int((time - self._begin) // MINUTE_S)


def _undisturbed(minutes: pd.DataFrame, network: Network, times: pd.DatetimeIndex) -> Floats:
    speed = np.full((len(times), network.segment_count), np.nan)
    if "speed_without_incidents_kmh" in minutes:
        segment = pd.Index(network.segment_ids).get_indexer(pd.Index(minutes.link_id))
        row = times.get_indexer(pd.DatetimeIndex(minutes.interval_start))
        speed[row, segment] = minutes.speed_without_incidents_kmh / KMH
    return speed


def _bus_shares(
    fixes: pd.DataFrame, network: Network, stops: RoadsideAssets[str], times: pd.DatetimeIndex
) -> Floats:
    """Give m x n: the share of the last minutes in which a bus stood at a stop of a segment."""
    share = np.zeros((len(times), network.segment_count))
    buses = fixes[fixes.vehicle_id.str.startswith("b")].sort_values(["vehicle_id", "event_time"])
    places: dict[int, list[float]] = {}
    for segment, offset in zip(stops.segment.tolist(), stops.offset_m.tolist(), strict=True):
        places.setdefault(segment, []).append(offset)
    segments = pd.Index(network.segment_ids).get_indexer(pd.Index(buses.link_id)).tolist()
    rows = list(
        zip(
            buses.vehicle_id, segments, buses.offset_m.tolist(),
            (buses.event_time.astype("int64") / 1e3).tolist(), strict=True,
        )
    )  # fmt: skip
    begin = times[0].timestamp()
    for (bus, at, offset, time), (other, after, beyond, later) in itertools.pairwise(rows):
        is_same = bus == other and at == after and later - time <= LONGEST_GAP_S
        if not is_same or abs(beyond - offset) > STANDS_MPS * (later - time):
            continue
        if any(abs(stop - offset) <= STOP_REACH_M for stop in places.get(at, ())):
            minute = min(max(int((time - begin) // MINUTE_S), 0), len(times) - 1)
            share[minute, at] += (later - time) / MINUTE_S
    total = np.cumsum(np.minimum(share, 1.0), axis=0)
    total[SLOW_MINUTES:] -= total[:-SLOW_MINUTES].copy()
    return np.asarray(total / SLOW_MINUTES)
