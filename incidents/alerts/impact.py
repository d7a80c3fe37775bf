"""What an alert costs the city: delay now and soon, weighed by road, bus lines and lanes lost."""

from collections import defaultdict
from collections.abc import Collection

import numpy as np

from congestion.queues.history import QueueMinute
from congestion.roadside import Roadside
from incidents.alert_settings import SeveritySettings
from incidents.alerts.queue_behind import head_of, members_behind
from incidents.alerts.tracked_alert import TrackedAlert
from ingest.units import MINUTE_S
from mapmatch.network import NONE, ROAD_CLASSES, Network

CLASS_WEIGHTS = {"motorway": 2.0, "trunk": 2.0, "primary": 1.5, "secondary": 1.2}
"""What a lost vehicle-hour counts by the class of the root, 1 on others. Unit: none. Source:
chosen, the more of the city depends on a road the more; its own traffic is in the delay."""
LEAST_LEFT, MOST_GROWN = 0.25, 2.0
"""Of now, what the delay of a shrinking queue is taken to fall to, and of a growing one to rise to.
Unit: share. Source: chosen; a growth is not to be trusted further than that."""


class Impacts:
    """Knows what the network's roads and bus lines weigh; nothing changes it."""

    def __init__(self, network: Network, roadside: Roadside, settings: SeveritySettings) -> None:
        self._network, self._settings = network, settings
        weights = [CLASS_WEIGHTS.get(name.removesuffix("_link"), 1.0) for name in ROAD_CLASSES]
        self._weight = np.array(weights)[network.road_class]
        self._lines: dict[int, set[str]] = defaultdict(set)
        places = roadside.bus_stops.segment.tolist()
        for segment, lines in zip(places, roadside.bus_lines, strict=False):
            if segment != NONE:
                self._lines[segment] |= set(lines)

    def of(self, alert: TrackedAlert, now: QueueMinute) -> float:
        """Give the vehicle-hours an hour that an alert costs, weighed.

        The delay behind its root is the mean of that in this minute and of that in some minutes if
        its queue goes on growing as it does. An incident costs some delay before a queue shows it.
        """
        settings, network = self._settings, self._network
        root = head_of(alert, now)
        behind = members_behind(network, root, now)
        delay_rate = float(now.delay_veh_h[behind].sum()) * 60.0
        delay_rate *= (1.0 + self._growth(root, now)) / 2.0
        if alert.kind == "incident":
            delay_rate = (delay_rate + settings.unseen_delay) * (1.0 + self._lanes_lost(alert))
        line_count = min(len(self._lines_at(behind.tolist())), settings.most_lines)
        by_lines = 1.0 + settings.bus_line * line_count
        return delay_rate * float(self._weight[root]) * by_lines

    def _growth(self, segment: int, now: QueueMinute) -> float:
        """Give by what the delay of a segment's queue is multiplied at the horizon."""
        queue = now.queues.queue_of(segment)
        if queue is None:
            return 1.0
        length = max(float(now.queues.length_m[queue]), 1.0)
        grown = float(now.growth_mps[queue]) * self._settings.ahead_minutes * MINUTE_S
        return min(max(1.0 + grown / length, LEAST_LEFT), MOST_GROWN)

    def _lanes_lost(self, alert: TrackedAlert) -> float:
        """Give the share of the root's lanes that is lost: all where no lane is known."""
        if alert.lane is None:
            return 1.0
        return 1.0 / max(int(self._network.lanes[alert.segment]), 1)

    def _lines_at(self, segments: Collection[int]) -> set[str]:
        return set().union(*(self._lines[s] for s in segments if s in self._lines))
