"""Settings of the incident stage: what is odd, what is an incident, when an alert opens and ends.

Log odds are natural logarithms. Weights that multiply or add log odds have no source but the
labelled recordings: settings and judgement were made on the same ones.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from congestion.queues.hotspot_settings import HotSpotSettings
from congestion.queues.queue_settings import QueueSettings
from incidents.alert_settings import BudgetSettings, SeveritySettings

LogOdds = Annotated[float, Meta(ge=0, le=100)]
Weight = Annotated[float, Meta(ge=0, le=100)]
"""A factor of log odds, or log odds for each of what is counted."""
Share = Annotated[float, Meta(ge=0, le=1)]
Vehicles = Annotated[float, Meta(ge=0, le=1000)]
Scale = Annotated[float, Meta(gt=0, le=1000)]
"""Something is divided by it."""
HalfLife = Annotated[float, Meta(gt=0, le=10_080)]
"""Minutes."""
Minutes = Annotated[float, Meta(ge=0, le=1440)]
WholeMinutes = Annotated[int, Meta(ge=0, le=1440)]
Metres = Annotated[float, Meta(ge=0, le=10_000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Cycle = Annotated[float, Meta(gt=0, le=86_400)]
"""Seconds."""
Level = Annotated[float, Meta(ge=0, le=5)]
"""From 0, free, to 5, blocked."""
Speed = Annotated[float, Meta(gt=0, le=100)]
"""Metres a second."""
Hops = Annotated[int, Meta(ge=0, le=20)]


class LaneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a lane's own detector shows that something is wrong in the lane."""

    usual_minutes: HalfLife = 12.0
    """What is usual of a lane's count and speed forgets half in this time. Unit: min. Source:
    chosen on the recordings of shanghai-core."""
    share_weight: Scale = 30.0
    """The share of its row's vehicles that a lane carries is believed as if seen on at most so many
    vehicles. Unit: count. Source: chosen on the recordings of shanghai-core."""
    other_lanes: Scale = 2.0
    """Vehicles in the other lanes that are added to those seen: the prior belief that a lane may
    carry nothing. Unit: count. Source: chosen, nearly no belief."""
    count_dispersion: Scale = 1.5
    """Variance of a lane's counts over their mean; evidence from counts is divided by it. Unit:
    none. Source: chosen, above the 1 of Poisson counts, as signals make platoons."""
    most_diverted: LogOdds = 8.0
    """Bound of the log odds, for and against, that an empty lane's vehicles drive in the lanes
    beside it. Unit: log odds. Source: chosen on the recordings of shanghai-core."""
    least_empty: Minutes = 3.0
    """A lane must be empty for so many minutes in a row before it counts as dead. Unit: min.
    Source: chosen, longer than a usual cycle of a signal."""
    least_beside: Vehicles = 8.0
    """So many vehicles must have passed beside an empty lane before it counts as dead. Unit: count.
    Source: chosen on the recordings of shanghai-core."""
    empty_occupancy: Share = 0.05
    """A lane without vehicles is empty while its occupancy is below this; above, something stands
    on the detector. Unit: share. Source: chosen, three seconds of a minute."""
    odd: LogOdds = 2.0
    """From these log odds on, a lane is so likely dead that the minute no longer teaches its usual
    count. Unit: log odds. Source: chosen, seven to one."""
    room_occupancy: Share = 0.3
    """Up to this occupancy a lane has room, so that its vehicles could drive at the usual speed.
    Unit: share. Source: chosen, above the occupancy of about 0.2 at a lane's capacity."""
    least_speed_mps: Speed = 0.8
    """Slower vehicles count as this fast, before the logarithm. Unit: m/s. Source: chosen, slower
    is standing."""
    least_spread: Scale = 0.25
    """No deviation of a lane's ln speed is believed to be smaller. Unit: none. Source: chosen, a
    quarter of the speed either way."""
    least_speeds: Minutes = 5.0
    """So many minutes with a speed are needed before a lane's usual speed is believed. Unit: min.
    Source: chosen, with fewer the first slow minute would be the usual."""
    slow_spreads: Scale = 1.8
    """A minute is slow when its ln speed is below the usual by more than so many deviations; the
    excess is added to the log odds of a slow lane. Unit: none. Source: chosen on the recordings of
    shanghai-core."""
    most_spreads: Scale = 4.5
    """One minute's fall of ln speed counts at most as so many deviations. Unit: none. Source:
    chosen on the recordings of shanghai-core."""
    usual_left: Share = 0.3
    """Share of the log odds of a slow lane that is left after a minute at the usual speed. Unit:
    share. Source: chosen, so that two such minutes end a suspicion."""
    full_left: Share = 0.7
    """Share of the log odds of a slow lane that is left after a minute in which it is full: a queue
    may stand there for any reason. Unit: share. Source: chosen on the recordings of shanghai-core.
    """
    silent_left: Share = 0.6
    """Share of the log odds of a slow lane that is left after a minute without a reading. Unit:
    share. Source: chosen, so that half a suspicion is gone within two minutes."""
    most_slow: LogOdds = 15.0
    """Bound of the log odds of a slow lane. Unit: log odds. Source: chosen, twice what opens an
    alert."""
    suspicious: LogOdds = 0.5
    """A lane has been slow since its log odds rose above this. Unit: log odds. Source: chosen, near
    nothing, so that the beginning is not missed."""


class FlowSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a segment's flow has stopped, and when vehicles stand in it."""

    usual_minutes: HalfLife = 12.0
    """What is usual of a segment's flow and occupancy forgets half in this time. Unit: min. Source:
    chosen on the recordings of shanghai-core."""
    stopped_ratio: Share = 0.1
    """A flow that has stopped still lets this share of the usual one through. Unit: share. Source:
    chosen; the test is that of Wald 1947 for the rate of Poisson counts."""
    count_dispersion: Scale = 2.0
    """Least variance of a segment's counts over their mean; evidence from counts is divided by it,
    or by more where more was seen. Unit: none. Source: chosen, above the 1 of Poisson counts, as
    signals make platoons."""
    most_stopped: LogOdds = 12.0
    """Bound of the log odds of a stopped flow. Unit: log odds. Source: chosen on the recordings of
    shanghai-core."""
    silent_left: Share = 0.6
    """Share of the log odds of a stopped flow that is left after a minute without a reading. Unit:
    share. Source: chosen, so that half a suspicion is gone within two minutes."""
    suspicious: LogOdds = 0.5
    """A flow has been stopped since its log odds rose above this. Unit: log odds. Source: chosen,
    near nothing, so that the beginning is not missed."""
    stuck_minute: Weight = 1.0
    """Log odds of a stopped flow that each minute adds on a segment without a detector, while at
    least two probes stand in it and none gets away. Unit: log odds. Source: chosen on the
    recordings of shanghai-core."""
    creep_mps: Speed = 1.0
    """Probes get away from a segment while their mean speed on it is above this. Unit: m/s. Source:
    chosen, a slow walk."""
    odd: LogOdds = 2.0
    """Above these log odds a flow is so likely stopped that the minute no longer teaches the usual
    flow. Unit: log odds. Source: chosen, seven to one."""
    full_occupancy: Share = 0.85
    """A queue stands in a lane that is occupied for this share of a minute while at most
    `full_count` vehicles pass. Unit: share. Source: chosen, 51 s of a minute."""
    full_count: Vehicles = 1.0
    """So many vehicles may creep over the detector of a lane in which a queue stands. Unit: count.
    Source: chosen, who was on it and the next one."""
    standing_s: Seconds = 100.0
    """A taxi or bus that stood so long outside its stops stands in a queue. Unit: s. Source:
    chosen, longer than a usual red."""
    jam_memory_minutes: HalfLife = 40.0
    """How often a segment is jammed forgets half in this time. Unit: min. Source: chosen on the
    recordings of shanghai-core."""
    stop_reach_m: Metres = 40.0
    """A bus that stands so near one of its stops serves it, and is not part of a queue. Unit: m.
    Source: chosen, three buses in a row."""


class JudgementSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How signs add up to an incident, and how an alert lives on their sum of log odds."""

    keep_at: LogOdds = 3.0
    """An alert stays open while the sum is at least this. Unit: log odds. Source: chosen on the
    recordings of shanghai-core."""
    clear_minutes: WholeMinutes = 5
    """An alert is cleared after so many minutes below `keep_at`. Unit: min. Source: chosen, two
    cycles of a signal and a half."""
    reopen_minutes: WholeMinutes = 15
    """An incident at the same place so soon after the last sign of the first opens its alert again.
    Unit: min. Source: chosen on the recordings of shanghai-core."""
    reach_m: Metres = 350.0
    """Signs so near each other along the network are of one incident. Unit: m. Source: chosen, a
    block; just above the 300 m within which an alert counts as right."""
    dead_lane: Weight = 0.8
    """The log odds of a dead lane count times this. Unit: none. Source: chosen on the recordings of
    shanghai-core."""
    slow_lane: Weight = 0.85
    """The log odds of slow lanes count times this. Unit: none. Source: chosen on the recordings of
    shanghai-core."""
    lane_crowd: Weight = 0.3
    """Each other queue near by takes so much off dead and slow lanes: in a crowd lanes do odd
    things. Unit: log odds. Source: chosen on the recordings of shanghai-core."""
    second_lane: Weight = 1.0
    """The log odds of a road's second slow lane count times this beside the slowest one's. Unit:
    none. Source: chosen, both are slow for one reason."""
    least_stopped: LogOdds = 2.0
    """A flow counts as stopped from these log odds on. Unit: log odds. Source: chosen, seven to
    one."""
    most_stopped: LogOdds = 7.5
    """The log odds of a stopped flow count at most so much. Unit: log odds. Source: chosen on the
    recordings of shanghai-core."""
    per_standing: Weight = 0.5
    """Each vehicle that stands where the flow stopped adds so much. Unit: log odds. Source: chosen
    on the recordings of shanghai-core."""
    most_standing: LogOdds = 1.5
    """The number of standing vehicles adds at most so much. Unit: log odds. Source: chosen, three
    vehicles are enough."""
    cycle_s: Cycle = 150.0
    """Nobody stands longer at a signal that works. Unit: s. Source: chosen, the longest cycle that
    is usual in large cities."""
    per_stand_minute: Weight = 0.5
    """Each minute that a vehicle has stood beyond `cycle_s` adds so much. Unit: log odds. Source:
    chosen on the recordings of shanghai-core."""
    most_stand: LogOdds = 3.0
    """The time that vehicles have stood adds at most so much. Unit: log odds. Source: chosen, six
    minutes are enough."""
    stand_share: Share = 0.5
    """Standing vehicles add at most this share of what is left of the flow's log odds. Unit: share.
    Source: chosen, they confirm a stop and do not prove one."""
    jam_share: Weight = 12.0
    """Taken off a stopped flow for the share of time in which the segment was jammed before. Unit:
    log odds. Source: chosen on the recordings of shanghai-core."""
    often_slow_share: Share = 0.45
    """A place that is slower than this share of its free flow at this hour of other days is often
    slow. Unit: share. Source: chosen, level 3."""
    often_slow: Weight = 1.5
    """Taken off what sensors show where it is often slow; only a profile of the city knows. Unit:
    log odds. Source: chosen, what "recurrent" means for causes; docs/measured.md has 1 and 2
    beside it."""
    usual_occupancy: Share = 0.08
    """A segment that was occupied up to this before its jam was not busy. Unit: share. Source:
    chosen on the recordings of shanghai-core."""
    occupancy: Weight = 25.0
    """Taken off a stopped flow for each 1.0 of occupancy above `usual_occupancy` before its jam.
    Unit: log odds. Source: chosen on the recordings of shanghai-core."""
    apart_minutes: Minutes = 3.0
    """A block stops the flow and starts the queue within so many minutes of each other. Unit: min.
    Source: chosen on the recordings of shanghai-core."""
    apart: Weight = 0.4
    """Taken off a stopped flow for each minute that it began farther apart from its queue. Unit:
    log odds. Source: chosen on the recordings of shanghai-core; `benchmarks/incidents`
    compares 0.2 and 0.8."""
    slow_level: Level = 1.0
    """Up to this level (0 is free, 5 blocked) the road ahead is free. Unit: level. Source: chosen,
    level 1 is ordinary traffic."""
    slow_ahead: Weight = 1.2
    """Taken off a stopped flow for each level of the road ahead above `slow_level`. Unit: log odds.
    Source: chosen on the recordings of shanghai-core."""
    other_jam: Weight = 2.0
    """Taken off a stopped flow for each other queue near by: a crowded network jams by itself.
    Unit: log odds. Source: chosen on the recordings of shanghai-core;
    `benchmarks/incidents` compares 1 and 3."""
    other_jam_hops: Hops = 3
    """Queues at most so many movements away are near by. Unit: count. Source: chosen, about 500 m
    in a city."""
    unknown_ahead: Weight = 1.5
    """Taken off a stopped flow where nothing is known of the road ahead. Unit: log odds. Source:
    chosen on the recordings of shanghai-core."""
    clear_ahead: Share = 0.5
    """Share of the other queues' weight that counts where the road ahead is seen to be empty. Unit:
    share. Source: chosen on the recordings of shanghai-core."""
    dry_line: Share = 0.2
    """Share of what speaks against a place that was jammed or busy before that counts where two or
    more vehicles stand short of an empty stop line. Unit: share. Source: chosen."""
    least_short: LogOdds = 1.5
    """A queue on a street without a detector stands short of the stop line from these log odds on.
    Unit: log odds. Source: chosen on mornings of southwest, north and east; 1 costs three false
    alarms in 8 hours of 4,000 segments, 2 finds the same."""
    per_short: Weight = 3.0
    """The log odds that a queue stands short of its line count times this. Unit: none. Source:
    chosen as `least_short`; 2 finds one incident less, 4 costs two false alarms."""
    most_short: LogOdds = 9.0
    """That a queue stands short of its line adds at most so much. Unit: log odds. Source: chosen,
    just above what opens an alert."""
    line_reach_m: Metres = 30.0
    """A queue whose first vehicle is so near the stop line stands at the line. Unit: m. Source:
    chosen, the error of GPS in streets and one long vehicle."""
    queue_ahead: Weight = 4.0
    """Taken off a slow lane that is jammed, or leads into a jammed segment. Unit: log odds. Source:
    chosen on the recordings of shanghai-core."""


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a camera's report counts: on the recordings two in three of them are false."""

    stopped_vehicle: LogOdds = 3.0
    """What a stopped vehicle adds when a camera reports it. Unit: log odds. Source: chosen on the
    recordings of shanghai-core: it keeps an alert open and does not open one alone."""
    crash: LogOdds = 6.0
    """What a crash adds when a camera reports it. Unit: log odds. Source: chosen, just below what
    opens an alert alone."""
    illegal_parking: LogOdds = 1.5
    """What illegal parking adds when a camera reports it. Unit: log odds. Source: chosen on the
    recordings of shanghai-core: most of it hinders nobody."""
    least_word: LogOdds = 1.0
    """What a camera said opens an alert at once, beside what other sensors show
    (reports.second_sign), while it still adds so much. Unit: log odds. Source: chosen, three to
    one; on the recordings of shanghai-core 1.0 to 2.5 cost no false alarm."""
    half_life_minutes: HalfLife = 12.0
    """A report counts half after this time, and is forgotten after four times as long. Unit: min.
    Source: chosen, as long as what is usual is remembered."""
    usual_wrong_per_hour: Annotated[float, Meta(gt=0, le=60)] = 0.1
    """A camera tells so often of what no sensor shows; one that does so more often is believed
    less, by the logarithm of how many times. Unit: 1/h and camera. Source: the recordings of
    shanghai-core, 35 reports of 80 cameras in 5.7 hours, most of them of nothing."""
    confirm_minutes: Minutes = 15.0
    """A report that sensors of its road did not show for so long was wrong. Unit: min. Source:
    chosen, as for what people report."""


class ReportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much what people report counts, and what is of one event."""

    report: LogOdds = 4.5
    """What one report adds while nothing is known of its source. Unit: log odds. Source: chosen,
    enough for the watch list."""
    most_report: LogOdds = 6.5
    """What one report adds at most, however often its source was right. Unit: log odds. Source:
    chosen, below what opens an alert alone."""
    prior_events: Annotated[float, Meta(gt=0, le=1000)] = 2.0
    """A new source is believed as if so many of its events had been right and as many wrong. Unit:
    count. Source: chosen, so that after seven wrong ones it opens no watch."""
    other_source: Share = 0.5
    """Share of its log odds that a second source of the same event adds. Unit: share. Source:
    chosen, people hear of an event from each other."""
    least_sign: LogOdds = 2.0
    """From these log odds on, what sensors show near a report is added to it, and opens an alert
    where both together are strong enough. Unit: log odds. Source: chosen, seven to one."""
    second_sign: LogOdds = 2.7
    """From these log odds on it confirms the report, which opens an alert at once. Unit: log odds.
    Source: chosen, what a camera's stopped vehicle still says after two minutes, on two simulated
    mornings; in a third 7 of 100 reports about nothing, each of a new source, became alarms."""
    place_error_m: Scale = 60.0
    """Standard deviation of the place that was told; a report counts the less the further away.
    Unit: m. Source: chosen, a caller's guess along the street."""
    reach_m: Metres = 150.0
    """A road so near the place that was told may be the one that was meant. Unit: m. Source:
    chosen, callers are wrong by tens of metres, some by a block."""
    join_m: Metres = 300.0
    """Reports from places so near each other may be of one event. Unit: m. Source: chosen, both may
    be wrong by `reach_m`."""
    join_minutes: Minutes = 15.0
    """A report so long after the last of an event may still be of it. Unit: min. Source: chosen,
    half of how long incidents last."""
    half_life_minutes: HalfLife = 12.0
    """A report counts half after this time. Unit: min. Source: chosen, as a camera's."""
    forget_minutes: Minutes = 30.0
    """An event of which nothing was said for so long is forgotten. Unit: min. Source: chosen, a
    sixth of its weight is left."""
    confirm_minutes: Minutes = 15.0
    """A report is wrong where sensors of its roads show nothing for so long after it. Unit: min.
    Source: chosen, twice as long as a block takes to be seen."""


class ScheduleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where and when a planned work or event is the cause of what is seen."""

    place_m: Metres = 60.0
    """Works are on the nearest road within this. Unit: m. Source: chosen, half of a wide road and a
    place that was drawn by hand."""
    along_m: Metres = 150.0
    """Works hinder roads that are so near along the network. Unit: m. Source: chosen, a short
    block."""
    event_m: Metres = 200.0
    """An event hinders the roads so near it. Unit: m. Source: chosen, a block; in a simulated
    morning the four alerts named at 270 to 340 m were all of something else."""
    before_minutes: Minutes = 10.0
    """Works are set up, and people come, so long before. Unit: min. Source: chosen."""
    after_minutes: Minutes = 20.0
    """Works last, and people leave, so long after. Unit: min. Source: chosen."""


class StormSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When so many detectors turn out to be wrong that what others tell alone is in doubt."""

    minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    """Detectors that were believed and are not count for so long. Unit: min. Source: chosen, twice
    the minutes in which a hot spot opens."""
    least_detectors: Annotated[int, Meta(ge=2, le=1_000_000)] = 20
    """So many in that time are a storm. Unit: count. Source: chosen, more than one junction has."""
    share: Share = 0.03
    """And so many of those that send. Unit: share. Source: chosen, as for a gateway's faults
    (estimator.health.gateway)."""


class DetectionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of incident detection."""

    lanes: LaneSettings = LaneSettings()
    flow: FlowSettings = FlowSettings()
    cameras: CameraSettings = CameraSettings()
    judgement: JudgementSettings = JudgementSettings()
    budget: BudgetSettings = BudgetSettings()
    reports: ReportSettings = ReportSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    storm: StormSettings = StormSettings()
    severity: SeveritySettings = SeveritySettings()
    queues: QueueSettings = QueueSettings()
    hot_spots: HotSpotSettings = HotSpotSettings()
