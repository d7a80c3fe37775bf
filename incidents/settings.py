"""Settings of the incident stage: few, each with what it means."""

from typing import Annotated

import msgspec
from msgspec import Meta

from congestion.queues.find import QueueSettings
from congestion.queues.hotspots import HotSpotSettings

LogOdds = Annotated[float, Meta(ge=0, le=100)]
Weight = Annotated[float, Meta(ge=0, le=100)]  # of a sign, or of what is counted
Share = Annotated[float, Meta(ge=0, le=1)]
Vehicles = Annotated[float, Meta(ge=0, le=1000)]
Scale = Annotated[float, Meta(gt=0, le=1000)]  # something is divided by it
HalfLife = Annotated[float, Meta(gt=0, le=10_080)]  # minutes
Minutes = Annotated[float, Meta(ge=0, le=1440)]
WholeMinutes = Annotated[int, Meta(ge=0, le=1440)]
Metres = Annotated[float, Meta(ge=0, le=10_000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Speed = Annotated[float, Meta(gt=0, le=100)]  # m/s
Hops = Annotated[int, Meta(ge=0, le=20)]


class LaneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a lane's own detector says that something is wrong in it."""

    usual_minutes: HalfLife = 12.0  # half-life of what is usual
    share_weight: Scale = 30.0  # vehicles whose split between lanes is believed at most
    other_lanes: Scale = 2.0  # vehicles of prior belief that a lane carries nothing
    count_dispersion: Scale = 1.5  # variance of counts over their mean: signals make platoons
    most_diverted: LogOdds = 8.0
    least_empty: Minutes = 3.0  # minutes
    least_beside: Vehicles = 8.0  # vehicles
    empty_occupancy: Share = 0.05
    odd: LogOdds = 2.0  # log odds from which a minute no longer teaches the usual
    room_occupancy: Share = 0.3  # below it a lane is not full, so its vehicles could drive
    least_speed_mps: Speed = 0.8
    least_spread: Scale = 0.25  # of ln speed
    least_speeds: Minutes = 5.0  # minutes with a speed before the usual is known
    slow_spreads: Scale = 1.8
    most_spreads: Scale = 4.5
    usual_keeps: Share = 0.3
    full_keeps: Share = 0.7
    unheard_keeps: Share = 0.6  # of the odds that is left after a minute without a reading
    most_slow: LogOdds = 15.0
    suspicious: LogOdds = 0.5  # log odds from which the slowness is dated


class FlowSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a segment's flow has stopped, and when vehicles stand in it."""

    usual_minutes: HalfLife = 12.0
    stopped_ratio: Share = 0.1  # a stopped flow still lets so much of the usual through
    count_dispersion: Scale = 2.0  # variance of counts over their mean, where not seen to be more
    most_stopped: LogOdds = 12.0
    unheard_keeps: Share = 0.6  # of the odds that is left after a minute without a reading
    suspicious: LogOdds = 0.5  # log odds from which the stop is dated
    stuck_minute: Weight = 1.0  # a minute in which probes stand and none gets away, no detector
    creep_mps: Speed = 1.0
    odd: LogOdds = 2.0
    full_occupancy: Share = 0.85  # of a lane in which a queue stands
    full_count: Vehicles = 1.0  # vehicles that may still creep over the detector in that minute
    standing_s: Seconds = (
        100.0  # a taxi or bus that stood so long outside its stops stands in a queue
    )
    jam_memory_minutes: HalfLife = 40.0  # half-life of how often a segment is jammed
    stop_reach_m: Metres = 40.0  # a bus so near its stop serves it


class JudgementSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How signs add up to an incident; weights are natural-log odds."""

    open_at: LogOdds = 7.0
    keep_at: LogOdds = 3.0
    # Six in ten alerts that just opened are right; of the odds beyond, a tenth is news.
    sure_at_open: LogOdds = 0.5
    sure_share: Share = 0.1
    clear_minutes: WholeMinutes = 5  # below keep_at for so long and it is over
    reopen_minutes: WholeMinutes = 15
    reach_m: Metres = 350.0  # signs so near along the network speak of one incident
    dead_lane: Weight = 0.8  # weight of each sign's own odds
    slow_lane: Weight = 0.85
    lane_crowd: Weight = 0.3  # taken off odd lanes for each other queue near by
    second_lane: Weight = 1.0  # what a second slow lane adds
    least_stopped: LogOdds = 2.0
    most_stopped: LogOdds = 7.5
    per_standing: Weight = 0.5  # a vehicle that stands where the flow stopped
    most_standing: LogOdds = 1.5
    cycle_s: Seconds = 150.0  # nobody stands longer at a signal that works
    per_stand_minute: Weight = 0.5  # each minute that a vehicle stood beyond that
    most_stand: LogOdds = 3.0
    stand_share: Share = 0.5  # standing vehicles add at most this share of the flow's odds
    # What speaks against an incident where a flow has stopped:
    jam_share: Weight = 12.0  # each whole share of the time in which the segment was jammed before
    usual_occupancy: Share = 0.08
    occupancy: Weight = 25.0  # each 1.0 of occupancy before the jam above the usual
    apart_minutes: Minutes = 3.0
    apart: Weight = 0.4  # each minute more between the queue's beginning and the flow's stop
    slow_level: Weight = 1.0
    slow_ahead: Weight = 1.2  # each level of the road ahead above that
    other_jam: Weight = 2.0  # each other queue near by, a crowded network jams by itself
    other_jam_hops: Hops = 3
    unknown_ahead: Weight = 1.5
    clear_ahead: Share = 0.5  # share of the crowding that counts where the road ahead is seen empty
    line_reach_m: Metres = 30.0  # a queue whose head is so near the stop line stands at it
    queue_ahead: Weight = 4.0  # a lane that is slow towards a queue's tail


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a camera's word counts, in natural-log odds: two in three of them are false."""

    stopped_vehicle: LogOdds = 3.0
    crash: LogOdds = 6.0
    illegal_parking: LogOdds = 1.5
    half_life_minutes: HalfLife = 12.0


class DetectionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the incident detector may be told."""

    lanes: LaneSettings = LaneSettings()
    flow: FlowSettings = FlowSettings()
    cameras: CameraSettings = CameraSettings()
    judgement: JudgementSettings = JudgementSettings()
    queues: QueueSettings = QueueSettings()
    hot_spots: HotSpotSettings = HotSpotSettings()
