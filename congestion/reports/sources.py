"""Where each figure's definition is from, as a report says it."""

from congestion.indices import index_profiles
from congestion.queues.vehicles import read_lane_flows
from congestion.reliability import CFR_511, CFR_711, FHWA

_PROFILES = index_profiles()


def _unread(source: str, text_read: bool) -> str:
    return source if text_read else f"{source} (the standard's own text was not read)"


TTI = f"time needed / time needed when free, by lane-metres; {FHWA}"
SPEED = "space-mean speed by lane-metres; Wardrop 1952"
TPI_MILEAGE, TPI_TRAVEL_TIME = (
    _unread(_PROFILES[name].source, _PROFILES[name].text_read)
    for name in ("mileage", "travel_time")
)
PTI = f"95th percentile / time when free; {FHWA}"
BUFFER = f"(95th percentile - mean) / mean; {FHWA}"
LOTTR = f"80th / 50th percentile of 15 minute travel times; {CFR_511}"
PHED = f"delay beyond 60 % of the limit, at least 20 mph, in 15 minutes; {CFR_711}"
DELAY = (
    "vehicles by Little 1961 times the share of time lost against free flow; flow counted, "
    f"else a class's lane flow: {read_lane_flows().source}"
)
QUEUES = "queues found as for operators (congestion/queues/find.py), without smoothing"
RECURRENT = "median delay of the same place and quarter on other days; Skabardonis et al. 2003"
COVERAGE = "share of segments and minutes of the period"
BLOCKING = (
    "minutes in which a queue's head was on the segment of a bus stop / minutes of known state; "
    "chosen, no published definition was at hand"
)
COUNT = "count"
