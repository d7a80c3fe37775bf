"""What alarms at random places and times would find: the floor under every detection rate."""

from collections.abc import Iterable

import msgspec
import numpy as np

from incidents.records import Alert, iso
from incidents.scoring.incidents import TrueIncident, score_incidents
from ingest.units import Seconds
from mapmatch.network import Network

DRAWS = 200
"""Runs of random alarms that are averaged. Unit: count. Source: chosen, the mean of incidents found
varies by some 0.1 then."""


class ChanceScore(msgspec.Struct, frozen=True):
    """Means over the draws; the counts are of incidents found."""

    alert_count: int
    hit_count: float
    hit_count_by_class: dict[str, float]  # A, B and all
    precision: float | None


def score_chance(
    versions: Iterable[Alert],
    incidents: list[TrueIncident],
    network: Network,
    start: Seconds,
    end: Seconds,
    seed: int = 0,
) -> ChanceScore:
    """Score as many incident alarms as the versions hold, at random by the published rule.

    Places are drawn evenly over the metres of all segments, times evenly from start to end.
    """
    alerts = {alert.alert_id: alert for alert in versions if alert.kind == "incident"}
    random = np.random.default_rng(seed)
    share = network.length_m / network.length_m.sum()
    counts = {"A": 0, "B": 0, "all": 0}
    for _ in range(DRAWS if alerts else 0):
        segments = random.choice(network.segment_count, len(alerts), p=share)
        offsets = random.random(len(alerts)) * network.length_m[segments]
        times = random.uniform(start, end, len(alerts))
        places = zip(segments.tolist(), offsets.tolist(), times.tolist(), strict=True)
        drawn = [
            msgspec.structs.replace(
                alert,
                segment_id=network.segment_ids[segment],
                offset_m=offset,
                event_time=iso(time),
            )
            for alert, (segment, offset, time) in zip(alerts.values(), places, strict=True)
        ]
        score = score_incidents(drawn, incidents, network, (end - start) / 3600.0)
        counts = {name: counts[name] + score.counts[name][0] for name in counts}
    means = {name: count / DRAWS for name, count in counts.items()}
    precision = means["all"] / len(alerts) if alerts else None
    return ChanceScore(len(alerts), means["all"], means, precision)
