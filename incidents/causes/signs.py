"""What can be seen at the head of a queue that speaks for one cause rather than another."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from congestion.roadside import Roadside
from incidents.alerts.queue_behind import head_of
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.judgement.neighbours import segments_after, segments_before
from incidents.judgement.stoppages import count_other_jams
from incidents.judgement.weighing import KERB_LANE
from incidents.seen_words import Seen
from incidents.settings import JudgementSettings
from incidents.signs.city import CitySigns
from incidents.signs.lane_detectors import LaneDetectors
from incidents.signs.planned import PlannedSign
from ingest.units import KMH, MINUTE_S
from mapmatch.network import NONE, Network

STANDS_SHARE = 0.2
"""Traffic slower than this share of free flow stands. Unit: share. Source: as for queues."""
STILL_SHARE = 0.1
"""Traffic slower than this share of free flow does not get on. Unit: share. Source: chosen."""
SLOW_SHARE = 0.45
"""Traffic slower than this share of free flow is slow. Unit: share. Source: chosen, level 3."""
STOPPED_ODDS = 2.0
"""Log odds from which a flow has stopped. Unit: log odds. Source: as for detection."""
ODD_LANE = 2.0
"""Log odds from which a lane is empty or slow beyond chance. Unit: log odds. Source: chosen, seven
to one."""
OFTEN_SHARE, SELDOM_SHARE = 0.2, 0.05
"""Shares of the time before in which a queue stood often, and seldom. Unit: share. Source: chosen,
one cycle in five and one in twenty."""
BUSY_OCCUPANCY = 0.12
"""Occupancy from which a road was busy before its queue. Unit: share. Source: chosen, two thirds of
that at capacity."""
LONG_S = 180.0
"""A vehicle that stands for longer waits for more than a signal. Unit: s. Source: chosen, the
longest cycle that is usual and half a minute."""
MANY_JAMS = 3
"""So many other queues near by are many. Unit: count. Source: chosen."""
EARLY_MINUTES = 3.0
"""The flow stopped and the queue began together within so long. Unit: min. Source: as for
detection."""
SHORT_M = 80.0
"""A segment ahead so short may hold the true head: it is never taken for full. Unit: m. Source:
above `least_storage_m` of queues."""
NEAR_M = 150.0
"""A signal so near ahead may hold the queue although the way there looks free. Unit: m. Source:
chosen, a short block."""
BEYOND_M = 250.0
"""So far ahead of the head that was found the true one is looked for. Unit: m. Source: chosen, two
short blocks."""
FAST_M, SLOWLY_M = 40.0, 20.0
"""A queue that grew by more a minute grew fast, by less slowly. Unit: m/min. Source: chosen, five
and three vehicles a minute that find no way out."""
YOUNG_MINUTES = 12.0
"""Older queues say nothing of how they began. Unit: min. Source: chosen."""
STOP_REACH_M = 40.0
"""A queue whose first vehicle is so near a bus stop stands at it. Unit: m. Source: three buses."""

EVER = ("crash", "stopped vehicle", "illegal parking", "jam", "works", "flood", "other")
"""What cameras and people can name; said once it holds for the alert's life."""

NOW = (
    "closed loop",
    "loop stands still",
    "detectors not believed",
    "no bus stood long at its stop",
)
"""What counts while it holds, however long the queue stood before."""
BUS_SHARE = 0.1
"""A bus stop blocks where buses stood at it for this share of the minutes. Unit: share. Source: as
for the true causes (incidents/scoring/true_causes.py)."""
_BUS = "bus stands at its stop"


class CauseSign(NamedTuple):
    """A sign that holds in a minute: who saw it, and what."""

    source: str
    seen: Seen


class CauseSigns:
    """Knows the places that causes are tied to; nothing changes it."""

    def __init__(
        self,
        network: Network,
        detectors: LaneDetectors,
        roadside: Roadside,
        settings: JudgementSettings,
    ) -> None:
        self._network, self._detectors, self._settings = network, detectors, settings
        self._stops: dict[int, list[float]] = {}
        stops = roadside.bus_stops
        for segment, offset in zip(stops.segment.tolist(), stops.offset_m.tolist(), strict=True):
            self._stops.setdefault(segment, []).append(offset)
        self._arms: dict[int, list[int]] = {}
        for segment, node in enumerate(network.to_node.tolist()):
            self._arms.setdefault(node, []).append(segment)

    def at(
        self,
        alert: TrackedAlert,
        others: Sequence[TrackedAlert],
        city: CitySigns,
        planned: Mapping[int, PlannedSign],
    ) -> dict[str, CauseSign]:
        """Give by name the signs that hold at an alert's root in a minute.

        `others` are the incidents that are suspected or told.
        """
        root = head_of(alert, city.queues)
        found = self._of_place(root, city)
        found |= self._of_queue(root, city)
        found |= self._of_flow(root, city)
        found |= self._of_front(root, city)
        found |= self._of_lanes(root, city)
        found |= self._around(root, city)
        found |= _of_loop(alert, city)
        found |= _of_alert(alert)
        found |= self._of_sensors(alert, root, city)
        if _BUS not in found and alert.cause_signs.get(_BUS, 0) < BUS_SHARE * alert.cause_minutes:
            found["no bus stood long at its stop"] = CauseSign("probe", Seen("no_bus_stood"))
        if alert.kind == "hotspot":
            found |= self._of_incidents(root, others)
        if root in planned:
            plan = planned[root]
            name = "event planned" if plan.cause == "event" else "works planned"
            found[name] = CauseSign("schedule", plan.seen)
        return found

    def _of_place(self, root: int, city: CitySigns) -> dict[str, CauseSign]:
        network = self._network
        has_signal = bool(network.node_has_signal[network.to_node[root]])
        found = (
            {"signal at head": CauseSign("network", Seen("head_at_signal"))}
            if has_signal
            else {"no signal at head": CauseSign("network", Seen("head_no_signal"))}
        )
        if root in self._stops:
            found["bus stop at head"] = CauseSign("network", Seen("head_at_stop"))
            if network.lanes[root] == 1:
                found["bus stop on the only lane"] = CauseSign("network", Seen("stop_only_lane"))
        else:
            found["no bus stop at head"] = CauseSign("network", Seen("head_no_stop"))
        after = segments_after(network, root)
        beyond = self._slow_road(root, city)
        if not has_signal and any(network.node_has_signal[network.to_node[s]] for s in beyond):
            found["signal beyond"] = CauseSign("network", Seen("slow_to_signal"))
        elif not has_signal and self._has_signal_near(root):
            found["signal near"] = CauseSign("network", Seen("signal_near", {"reach_m": NEAR_M}))
        if any(s in self._stops for s in beyond):
            found["bus stop beyond"] = CauseSign("network", Seen("slow_to_stop"))
        if not has_signal and any(len(segments_before(network, s)) > 1 for s in after):
            found["roads join"] = CauseSign("network", Seen("roads_join"))
        if after and max(int(network.lanes[s]) for s in after) < network.lanes[root]:
            found["lanes end"] = CauseSign("network", Seen("lanes_end"))
        return found

    def _slow_road(self, root: int, city: CitySigns) -> list[int]:
        """Give the segments ahead of a head that may hold the true one: short or slow ones."""
        network, share = self._network, city.free_share
        way, metres, at = list[int](), 0.0, root
        while metres < BEYOND_M:
            ahead = [
                s
                for s in segments_after(network, at)
                if s != root and s not in way
                and (network.length_m[s] <= SHORT_M or share[s] < SLOW_SHARE)
            ]  # fmt: skip
            if not ahead:
                break
            at = min(ahead, key=lambda s: (np.nan_to_num(share[s], nan=1.0), s))
            way.append(at)
            metres += float(network.length_m[at])
        return way

    def _has_signal_near(self, root: int) -> bool:
        """Tell whether a way leads to a signal close ahead, whoever drives there."""
        network = self._network
        ways = [(0.0, root)]
        while ways:
            metres, at = ways.pop()
            for ahead in segments_after(network, at):
                reach = metres + float(network.length_m[ahead])
                if reach <= NEAR_M and network.node_has_signal[network.to_node[ahead]]:
                    return True
                if reach <= NEAR_M:
                    ways.append((reach, ahead))
        return False

    def _of_queue(self, root: int, city: CitySigns) -> dict[str, CauseSign]:
        found: dict[str, CauseSign] = {}
        queue = city.queues.queues.queue_of(root)
        if queue is None:
            found["no queue"] = CauseSign("states", Seen("no_queue"))
        elif city.queues.outlasts_cycle[queue]:
            found["outlasts a cycle"] = CauseSign("states", Seen("outlasts_cycle"))
        is_recurrent = city.usual.is_recurrent(root)
        if is_recurrent is not None:
            usual = {"usual_kmh": float(city.usual.usual_mps[root]) * KMH}
            word = "recurrent" if is_recurrent else "not recurrent"
            said = "usual_as_now" if is_recurrent else "usual_not_as_now"
            found[word] = CauseSign("profile", Seen(said, usual))
        share, flows = float(city.free_share[root]), city.flows
        is_still = flows.standing[root] > 0 or flows.full_lanes[root] > 0
        if share < SLOW_SHARE and not is_still and flows.is_known[root]:
            word = "crawl" if share < STANDS_SHARE else "slow"
            found[f"{word} without standing"] = CauseSign(
                "states", Seen("slow_nobody_stands", {"speed_share": share})
            )
        if queue is not None:
            age = (city.minute_start - float(city.queues.onset[queue])) / MINUTE_S + 1.0
            pace = float(city.queues.queues.length_m[queue]) / age
            if pace >= FAST_M and age <= YOUNG_MINUTES:
                found["grew fast"] = CauseSign("states", Seen("queue_grew", {"growth_pace": pace}))
            elif pace < SLOWLY_M or age > YOUNG_MINUTES:
                found["grew slowly"] = CauseSign("states", Seen("queue_slow_or_old"))
        return found

    def _of_flow(self, root: int, city: CitySigns) -> dict[str, CauseSign]:
        flows = city.flows
        found: dict[str, CauseSign] = {}
        if flows.stopped[root] >= STOPPED_ODDS:
            found["flow stopped"] = CauseSign(
                "magnetometer", Seen("flow_stopped", {"ago_min": float(flows.stop_minutes[root])})
            )
            apart = abs(float(flows.jam_minutes[root] - flows.stop_minutes[root]))
            if flows.jam_minutes[root] > 0 and apart <= EARLY_MINUTES:
                found["flow and queue together"] = CauseSign(
                    "magnetometer", Seen("stopped_as_queue")
                )
        elif not np.isnan(flows.line_offset_m[root]):
            found["flow goes on"] = CauseSign("magnetometer", Seen("flow_goes_on"))
        if flows.line_full[root] >= 1.0:
            found["stop line full"] = CauseSign("magnetometer", Seen("line_full"))
        if flows.line_empty[root] and flows.is_jammed[root]:
            found["stop line empty"] = CauseSign("magnetometer", Seen("line_empty"))
        share = float(flows.jam_share[root])
        if share >= OFTEN_SHARE:
            found["often jammed"] = CauseSign("states", Seen("often_jammed", {"time_share": share}))
        elif share < SELDOM_SHARE:
            found["seldom jammed"] = CauseSign("states", Seen("seldom_jammed"))
        if flows.occupancy_before[root] >= BUSY_OCCUPANCY:
            found["busy before"] = CauseSign("magnetometer", Seen("busy_before"))
        return found

    def _of_front(self, root: int, city: CitySigns) -> dict[str, CauseSign]:
        flows, network = city.flows, self._network
        found: dict[str, CauseSign] = {}
        front = float(flows.standing_offset_m[root])
        left_m = float(network.length_m[root]) - front
        if left_m <= self._settings.line_reach_m and not flows.line_empty[root]:
            found["front at stop line"] = CauseSign("probe", Seen("front_at_line"))
        elif left_m > 2 * self._settings.line_reach_m:
            found["front before the line"] = CauseSign(
                "probe", Seen("front_before_line", {"away_m": left_m})
            )
        if any(abs(stop - front) <= STOP_REACH_M for stop in self._stops.get(root, ())):
            found["front at a bus stop"] = CauseSign("probe", Seen("front_at_stop"))
        if flows.serving[root] > 0:
            found[_BUS] = CauseSign("probe", Seen("bus_stands"))
        if flows.standing_s[root] >= LONG_S:
            found["stands for long"] = CauseSign(
                "probe",
                Seen("stands_long", {"lasted_min": float(flows.standing_s[root]) / MINUTE_S}),
            )
        return found

    def _of_lanes(self, root: int, city: CitySigns) -> dict[str, CauseSign]:
        detectors, lanes = self._detectors, city.lanes
        found: dict[str, CauseSign] = {}
        low, high = int(detectors.first[root]), int(detectors.first[root + 1])
        for at in range(low, high):
            lane = int(detectors.lane[at])
            if lanes.dead[at] >= ODD_LANE:
                name = "kerb lane empty" if lane == KERB_LANE else "lane empty"
                found[name] = CauseSign("magnetometer", Seen("lane_empty", {"lane": lane}))
            if lanes.slow[at] >= ODD_LANE:
                found["lane slow"] = CauseSign("magnetometer", Seen("lane_slow", {"lane": lane}))
        if high - low > 1 and bool((lanes.slow[low:high] >= ODD_LANE).all()):
            found["all lanes slow"] = CauseSign("magnetometer", Seen("lanes_slow"))
        return found

    def _of_sensors(self, alert: TrackedAlert, root: int, city: CitySigns) -> dict[str, CauseSign]:
        """Give whether most detectors at the head are not believed, and whether others see it."""
        detectors, found = self._detectors, dict[str, CauseSign]()
        others = {e.source for e in alert.evidence.values()} & {"probe", "camera", "report"}
        if others or city.flows.standing[root] > 0:
            found["seen without detectors"] = CauseSign("states", Seen("seen_otherwise"))
        low, high = int(detectors.first[root]), int(detectors.first[root + 1])
        doubted = 0 if city.is_doubted is None else int(city.is_doubted[low:high].sum())
        # A vehicle that stands on a lane's detector looks like its fault.
        if 2 * doubted > high - low and alert.lane is None:
            seen = Seen("detectors_doubted", {"n": doubted, "all": high - low})
            found["detectors not believed"] = CauseSign("magnetometer", seen)
        return found

    def _around(self, root: int, city: CitySigns) -> dict[str, CauseSign]:
        network, share = self._network, city.free_share
        found: dict[str, CauseSign] = {}
        after = segments_after(network, root)
        slowest = min((float(share[s]) for s in after if np.isfinite(share[s])), default=np.nan)
        if slowest < SLOW_SHARE:
            found["slow ahead"] = CauseSign("states", Seen("slow_ahead"))
        elif slowest >= SLOW_SHARE:
            found["free ahead"] = CauseSign("states", Seen("free_ahead"))
        back = network.reverse_segment[root]
        arms = [
            s for s in self._arms[int(network.to_node[root])]
            if s != root and (back == NONE or s != back) and np.isfinite(share[s])
        ]  # fmt: skip
        stands = sum(bool(share[s] < SLOW_SHARE) for s in arms)
        if arms and 2 * stands > len(arms):
            found["other arms stand"] = CauseSign("states", Seen("arms_stand"))
        elif arms and not stands:
            found["other arms free"] = CauseSign("states", Seen("arms_free"))
        jams = count_other_jams(network, self._settings, root, root, city.flows)
        if jams >= MANY_JAMS:
            found["many queues around"] = CauseSign("states", Seen("crowd", {"n": jams}))
        elif not jams:
            found["no queue around"] = CauseSign("states", Seen("no_queue_near"))
        return found

    def _of_incidents(self, root: int, others: Sequence[TrackedAlert]) -> dict[str, CauseSign]:
        """Give what the incidents say that are suspected or told at a hot spot's head."""
        network = self._network
        beside = {root, *segments_after(network, root), *segments_before(network, root)}
        found: dict[str, CauseSign] = {}
        for other in others:
            if other.segment in beside:
                word = "told" if other.is_alarm else "suspected"
                cause = other.causes[0].cause if other.causes else other.cause
                seen = Seen(f"incident_{word}", {"alert": other.alert_id})
                found[f"incident {word} at head"] = CauseSign("states", seen)
                if cause != "incident":
                    found[f"{cause} {word} at head"] = CauseSign("states", seen)
        return found


def _of_loop(alert: TrackedAlert, city: CitySigns) -> dict[str, CauseSign]:
    """Give whether the queue closed into a loop, and whether anybody in it still moves."""
    if not alert.loop:
        return {}
    found = {"closed loop": CauseSign("states", Seen("loop", {"n": len(alert.loop)}))}
    seen = [s for s in alert.loop if city.flows.is_known[s]]
    if all(city.free_share[s] < STILL_SHARE for s in seen):
        found["loop stands still"] = CauseSign("states", Seen("loop_stands"))
    return found


def _of_alert(alert: TrackedAlert) -> dict[str, CauseSign]:
    """Give what the alert itself says: its kind, and what cameras and people named."""
    found: dict[str, CauseSign] = {}
    if alert.kind == "incident":
        found["told as incident"] = CauseSign("states", Seen("told_incident"))
        total = sum(alert.cause_odds.values())
        for cause, name in (("signal", "signal"), ("illegal_parking", "kerb lane")):
            if total > 0 and 2 * alert.cause_odds.get(cause, 0.0) > total:  # type: ignore[call-overload]
                seen = Seen(f"signs_of_{cause}")
                found[f"signs of the {name}"] = CauseSign("states", seen)
    for known in alert.evidence.values():
        if known.source in ("camera", "report"):
            kind = next((word for word in EVER if known.seen.startswith(word)), None)
            if kind is not None:
                found[f"{known.source}: {kind}"] = CauseSign(
                    known.source, Seen(known.word, known.values)
                )
    return found
