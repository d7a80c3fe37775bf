"""The topics between the stages: their names and their layout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.settings import TopicSettings

GPS_BUS = "gps.bus"
GPS_TAXI = "gps.taxi"
MAGNETOMETER = "magnetometer"
CAMERA = "camera"
REPORTS = "reports"
PATROLS = "patrols"
FIXES = "fixes"
PROGRESS = "progress"
TRAVERSALS = "traversals"
READINGS = "detector-readings"
CAMERA_EVENTS = "camera-events"
STATES = "segment-states"
ALERTS = "alerts"
WATCH = "watch"
RISKS = "risks"
ALERT_COMMANDS = "alert-commands"
COMMAND_RESULTS = "alert-command-results"
DEAD_LETTERS = "dead-letters"
SNAPSHOTS = "state-snapshots"
COUNTS = "stage-counts"

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest message that topics and clients take. Unit: bytes. Source: chosen, well above a
region's minute and a slice of a large city."""


@dataclass(frozen=True)
class Layout:
    """How one topic lies on the broker; partitions 0 stands for the configured parallelism.

    A raw topic may have any number of partitions: each is one of its gateway's.
    """

    name: str
    partitions: int = 0
    is_compacted: bool = False
    is_raw: bool = False


LAYOUTS = (
    Layout(GPS_BUS, is_raw=True),
    Layout(GPS_TAXI, is_raw=True),
    Layout(MAGNETOMETER, is_raw=True),
    Layout(CAMERA, is_raw=True),
    Layout(REPORTS, partitions=1),  # read where the whole city is seen
    Layout(PATROLS, partitions=1),
    Layout(FIXES),
    Layout(PROGRESS),
    Layout(TRAVERSALS),
    Layout(READINGS),
    Layout(CAMERA_EVENTS),
    Layout(STATES, partitions=1),  # one consumer sees the whole city
    Layout(ALERTS, partitions=1, is_compacted=True),
    Layout(WATCH, partitions=1, is_compacted=True),
    Layout(RISKS, partitions=1),
    Layout(ALERT_COMMANDS, partitions=1),
    Layout(COMMAND_RESULTS, partitions=1),
    Layout(DEAD_LETTERS, partitions=1),
    Layout(SNAPSHOTS, partitions=1, is_compacted=True),
    Layout(COUNTS, partitions=1),
)

RAW = (GPS_BUS, GPS_TAXI, MAGNETOMETER, CAMERA)
"""The topics of gateways, of which frames are made."""
STAGE_INPUTS: Mapping[str, tuple[str, ...]] = {
    **{f"ingest {topic}": (topic,) for topic in RAW},
    "match": (FIXES,),
    "estimate": (PROGRESS, READINGS, CAMERA_EVENTS),
    "detect": (REPORTS, PATROLS, STATES, ALERT_COMMANDS),
}
"""Which topics each stage reads: the names under which its states are saved."""


def group_name(topics: "TopicSettings") -> str:
    """Give the name of the workers' consumer group on the broker."""
    return f"{topics.prefix}clearway"


def topic_name(topics: "TopicSettings", name: str) -> str:
    """Give the topic's name on the broker."""
    return topics.prefix + name
