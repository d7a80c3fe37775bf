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
