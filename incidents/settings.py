"""Settings of the incident stage: few, each with what it means."""

import msgspec


class LaneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a lane's own detector says that something is wrong in it."""

    usual_minutes: float = 12.0  # half-life of what is usual
    share_weight: float = 30.0  # vehicles whose split between lanes is believed at most
    other_lanes: float = 2.0  # vehicles of prior belief that a lane carries nothing
    count_dispersion: float = 1.5  # variance of counts over their mean: signals make platoons
    most_diverted: float = 8.0
    least_empty: float = 3.0  # minutes
    least_beside: float = 8.0  # vehicles
    empty_occupancy: float = 0.05
    odd: float = 2.0  # log odds from which a minute no longer teaches the usual
    room_occupancy: float = 0.3  # below it a lane is not full, so its vehicles could drive
    least_speed_mps: float = 0.8
    least_spread: float = 0.25  # of ln speed
    least_speeds: float = 5.0  # minutes with a speed before the usual is known
    slow_spreads: float = 1.8
    most_spreads: float = 4.5
    usual_keeps: float = 0.3
    full_keeps: float = 0.7
    most_slow: float = 15.0


class FlowSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a segment's flow has stopped, and when vehicles stand in it."""

    usual_minutes: float = 12.0
    stopped_ratio: float = 0.1  # a stopped flow still lets so much of the usual through
    count_dispersion: float = 2.0
    most_stopped: float = 12.0
    unheard_keeps: float = 0.6  # of the odds that is left after a minute without a reading
    suspicious: float = 0.5  # log odds from which the stop is dated
    stuck_minute: float = 1.0  # a minute in which probes stand and none gets away, no detector
    creep_mps: float = 1.0
    odd: float = 2.0
    full_occupancy: float = 0.85  # of a lane in which a queue stands
    full_count: float = 1.0  # vehicles that may still creep over the detector in that minute
    standing_s: float = (
        100.0  # a taxi or bus that stood so long outside its stops stands in a queue
    )
    jam_memory_minutes: float = 40.0  # half-life of how often a segment is jammed
    stop_reach_m: float = 40.0  # a bus so near its stop serves it


class JudgementSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How signs add up to an incident; weights are natural-log odds."""

    open_at: float = 7.0
    keep_at: float = 3.0
    clear_minutes: int = 5  # below keep_at for so long and it is over
    reopen_minutes: int = 15
    reach_m: float = 350.0  # signs so near along the network speak of one incident
    dead_lane: float = 0.8  # weight of each sign's own odds
    slow_lane: float = 0.85
    lane_crowd: float = 0.3  # taken off odd lanes for each other queue near by
    second_lane: float = 1.0  # what a second slow lane adds
    least_stopped: float = 2.0
    most_stopped: float = 7.5
    per_standing: float = 0.5  # a vehicle that stands where the flow stopped
    most_standing: float = 1.5
    cycle_s: float = 150.0  # nobody stands longer at a signal that works
    per_stand_minute: float = 0.5  # each minute that a vehicle stood beyond that
    most_stand: float = 3.0
    stand_share: float = 0.5  # standing vehicles add at most this share of the flow's odds
    # What speaks against an incident where a flow has stopped:
    jam_share: float = 12.0  # each whole share of the time in which the segment was jammed before
    usual_occupancy: float = 0.08
    occupancy: float = 25.0  # each 1.0 of occupancy before the jam above the usual
    lead_minutes: float = 2.0
    lead: float = 0.4  # each minute more that the queue stood before its flow stopped
    slow_level: float = 1.0
    slow_ahead: float = 1.2  # each level of the road ahead above that
    other_jam: float = 2.0  # each other queue near by, a crowded network jams by itself
    other_jam_hops: int = 3
    unknown_ahead: float = 1.5
    clear_ahead: float = 0.5  # share of the crowding that counts where the road ahead is seen empty
    line_reach_m: float = 30.0  # a queue whose head is so near the stop line stands at it
    queue_ahead: float = 4.0  # a lane that is slow towards a queue's tail


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a camera's word counts, in natural-log odds: two in three of them are false."""

    stopped_vehicle: float = 3.0
    crash: float = 6.0
    illegal_parking: float = 1.5
    half_life_minutes: float = 12.0


class DetectorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the incident detector may be told."""

    lanes: LaneSettings = LaneSettings()
    flow: FlowSettings = FlowSettings()
    cameras: CameraSettings = CameraSettings()
    judgement: JudgementSettings = JudgementSettings()
