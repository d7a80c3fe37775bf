"""Where a flow stopped with a queue behind and free road ahead: a block, or a stuck signal.

What speaks for an incident: how surely the flow stopped, how long vehicles stand, and that on a
street without a detector the queue stands short of the stop line. What speaks
against it: a jam ahead or other jams near by (a crowded network jams by itself), a queue that
began long before or after the flow stopped, and a place that is often jammed or always busy.
"""

import msgspec
import numpy as np

from incidents.judgement.neighbours import (
    segments_after,
    segments_around,
    segments_backing_up,
    segments_before,
)
from incidents.judgement.suspect import Sign
from incidents.records import Cause
from incidents.seen_words import Seen
from incidents.settings import JudgementSettings
from incidents.signs.flows import LEAST_STANDING, FlowSigns
from ingest.units import MINUTE_S, Metres
from mapmatch.network import Network


class Stoppage(msgspec.Struct, frozen=True):
    """A stopped flow: the head of the queue behind it, its likely cause and its signs."""

    head: int
    offset_m: Metres
    cause: Cause
    signs: tuple[Sign, ...]


def find_stoppage(
    network: Network, settings: JudgementSettings, segment: int, flows: FlowSigns
) -> Stoppage | None:
    """Give the stoppage whose flow is missed at the segment's end, None if there is none."""
    if flows.stopped[segment] < settings.least_stopped:
        return None
    behind = (segment, *segments_before(network, segment))
    queued = [s for s in behind if flows.is_jammed[s]]
    if not queued:
        return None
    head = segment
    if segment not in queued:
        head = max(queued, key=lambda s: (flows.standing[s] + flows.full_lanes[s], -s))
    is_short = head == segment and bool(flows.short[head] >= settings.least_short)
    is_clear = is_short or (head == segment and _is_clear_ahead(segment, flows))
    if not is_clear and any(flows.is_jammed[s] for s in segments_after(network, segment)):
        return None
    by_place = settings.per_short * float(flows.short[head]) if is_short else 0.0
    by_place = min(by_place, settings.most_short)
    odds = min(float(flows.stopped[segment]), settings.most_stopped) + by_place
    odds -= _against(network, settings, segment, head, flows, is_clear=is_clear)
    if odds <= 0:
        return None
    signs = [Sign("stopped", "magnetometer", Seen("stopped"), max(0.0, odds - by_place))]
    if is_short:
        short_m = float(network.length_m[head]) - _offset_m(network, head, segment, flows)
        seen = Seen("standing_short", {"short_m": round(short_m)})
        signs.append(Sign("short", "probe", seen, min(by_place, odds)))
    standing = float(sum(flows.standing[s] for s in queued))
    full = float(sum(flows.full_lanes[s] for s in queued))
    by_probes = _standing_odds(settings, standing, float(flows.standing_s[head]), full)
    full_s = MINUTE_S * float(flows.full_minutes[head])
    by_lanes = _standing_odds(settings, full, full_s, full)
    most = settings.stand_share * odds
    if by_probes > 0:
        longest = float(flows.standing_s[head]) / MINUTE_S
        seen = Seen("standing_probes", {"n": round(standing), "longest_min": round(longest)})
        signs.append(Sign("standing", "probe", seen, min(by_probes, most)))
    elif by_lanes > 0:
        seen = Seen("standing_lanes", {"n": round(full), "lasted_min": round(full_s / MINUTE_S)})
        signs.append(Sign("standing", "magnetometer", seen, min(by_lanes, most)))
    offset_m = _offset_m(network, head, segment, flows)
    return Stoppage(head, offset_m, _cause(network, settings, head, flows), tuple(signs))


def count_other_jams(
    network: Network, settings: JudgementSettings, segment: int, head: int, flows: FlowSigns
) -> int:
    """Count the segments near one that hold a queue of their own, now or minutes ago.

    Queues at signals come and go; one that just left does not make the streets around free. The
    queue of another arm at which a signal lets nobody through either is of the same stuck signal.
    """
    near = segments_around(network, segment, settings.other_jam_hops)
    jams = set(near[flows.jam_minutes[near] > 0].tolist()) - {segment}
    if not jams:
        return 0
    queue = segments_backing_up(network, head, flows.jam_minutes) | {segment}
    for arm in _stopped_arms(network, settings, segment, flows):
        queue |= segments_backing_up(network, arm, flows.jam_minutes)
    return len(jams - queue)


def _stopped_arms(
    network: Network, settings: JudgementSettings, segment: int, flows: FlowSigns
) -> set[int]:
    """Give the other arms of the signal at a segment's end whose flow has stopped too."""
    if not network.node_has_signal[network.to_node[segment]]:
        return set()
    ahead = segments_after(network, segment)
    arms = {arm for s in ahead for arm in segments_before(network, s)} - {segment}
    return {arm for arm in arms if flows.stopped[arm] >= settings.least_stopped}


def _against(
    network: Network,
    settings: JudgementSettings,
    segment: int,
    head: int,
    flows: FlowSigns,
    *,
    is_clear: bool,
) -> float:
    """Give the log odds that speak against an incident at a stopped flow."""
    # A block stops the flow and starts the queue together; either alone has other reasons.
    apart = abs(float(flows.jam_minutes[head] - flows.stop_minutes[segment]))
    busy = float(flows.occupancy_before[head]) - settings.usual_occupancy
    crowd = settings.other_jam * count_other_jams(network, settings, segment, head, flows)
    before = settings.jam_share * float(flows.jam_share[head])
    before += settings.occupancy * max(0.0, busy)
    # Where many stand short of a line that has run dry, that it was busy before says little.
    is_dry = is_clear and bool(flows.line_empty[head]) and flows.standing[head] >= LEAST_STANDING
    against = (
        before * (settings.dry_line if is_dry else 1.0)
        + settings.apart * max(0.0, apart - settings.apart_minutes)
        + crowd * (settings.clear_ahead if is_clear else 1.0)
    )
    if is_clear:
        return against
    ahead = segments_after(network, segment)
    worst = max((float(flows.level[s]) for s in ahead), default=0.0)
    against += settings.slow_ahead * max(0.0, worst - settings.slow_level)
    if ahead and not any(flows.is_known[s] for s in ahead):
        against += settings.unknown_ahead
    return against


def _is_clear_ahead(segment: int, flows: FlowSigns) -> bool:
    """Tell whether the queue's head stands short of detectors that see an empty road."""
    gap = float(flows.line_offset_m[segment] - flows.standing_offset_m[segment])
    return bool(flows.line_empty[segment]) and gap > 0.0  # False where nobody stands: NaN


def _standing_odds(
    settings: JudgementSettings, standing: float, longest_s: float, full: float
) -> float:
    """Give what standing vehicles add: how many, and how far beyond a signal's cycle."""
    many = min(settings.per_standing * standing, settings.most_standing)
    if standing < LEAST_STANDING and not full > 0:
        return many
    beyond = (longest_s - settings.cycle_s) / MINUTE_S
    return many + min(settings.per_stand_minute * max(0.0, beyond), settings.most_stand)


def _offset_m(network: Network, head: int, segment: int, flows: FlowSigns) -> Metres:
    """Give where the head of the queue stands on its segment."""
    if head != segment:
        return float(network.length_m[head])
    offset = float(flows.standing_offset_m[head])
    return float(flows.line_offset_m[head]) if np.isnan(offset) else offset


def _cause(network: Network, settings: JudgementSettings, head: int, flows: FlowSigns) -> Cause:
    """Tell a stuck signal from a blocked road by whether the queue reaches the stop line."""
    if not network.node_has_signal[network.to_node[head]]:
        return "incident"
    left_m = float(network.length_m[head] - flows.standing_offset_m[head])
    stands_at_line = left_m <= settings.line_reach_m  # False where nobody stands: NaN
    full = float(flows.line_full[head])  # some lanes full and others not: a lane is blocked
    return "signal" if full >= 1.0 or (full == 0.0 and stands_at_line) else "incident"
