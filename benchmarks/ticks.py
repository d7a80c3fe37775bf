"""What do ticks between the minutes bring, and where does the rest of the time to detect go?

Runs the chain over each labelled recording of shanghai-core and judges it twice: by its minutes
alone, and with the ticks between them, as the chain does. Asks of every word of a camera whether it
was told, and how long a tick takes for a million vehicles.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.incidents import times
from benchmarks.incidents.methods import together
from benchmarks.incidents.recording import Recording, record
from benchmarks.recordings import network_of, recordings
from benchmarks.result import write_result
from benchmarks.state_scale import roadside, seconds_of, tiled
from congestion.records import Sighting
from congestion.region import region_of
from congestion.seen.ticks import Ticks
from congestion.settings import EstimatorSettings
from incidents.alert_settings import BudgetSettings
from incidents.records import Alert, seconds
from incidents.road_points import DrivingDistances
from incidents.scoring.incidents import REACH_M, IncidentScore, score_incidents
from incidents.settings import DetectionSettings
from ingest.units import MINUTE_S, Seconds
from mapmatch.records import PROGRESS

BUDGETS = (1.0, 2.0, 16.0)
"""False alarms an hour that the city is said to bear."""
WORD_S, HELD_S = 15.0, 300.0
"""A word is told at once within the first, and held back where nothing is told within the second.
Unit: s. Source: chosen; a minute and four more of its kind."""
WORDS = ("stopped_vehicle", "crash", "illegal_parking")
VEHICLES, TICK_S, SETTLE_S = 1_000_000, 10.0, 20.0
LEAST_SEGMENTS = 1_000_000


def scores(made: Sequence[Recording], budget: float | None) -> tuple[Any, Any]:
    """Give the alerts and scores by minutes alone, and with ticks, of each recording."""
    settings = DetectionSettings(budget=BudgetSettings(false_alarms_per_hour=budget))
    found = []
    for judge in (Recording.alerts, Recording.alerts_with_ticks):
        alerts = [judge(recording, settings) for recording in made]
        found.append((alerts, [_score(r, of) for r, of in zip(made, alerts, strict=True)]))
    return found[0], found[1]


def _score(recording: Recording, alerts: list[Alert]) -> IncidentScore:
    return score_incidents(alerts, recording.incidents(), recording.network, recording.hours)


def parts(
    made: Sequence[Recording], alone: Sequence[IncidentScore], ticked: Sequence[IncidentScore]
) -> list[dict[str, Any]]:
    """Give a line an incident that was found: the minutes after its start of each thing."""
    lines = []
    for recording, by_minute, by_tick in zip(made, alone, ticked, strict=True):
        minutes = {hit.incident_id: hit.time_to_detect_s / MINUTE_S for hit in by_minute.hits}
        for line in times.rows(recording, by_tick.hits, []):
            if line["decided_min"] is None:
                continue
            before = minutes.get(line["incident"])
            lines.append(
                {
                    "feed": line["feed"],
                    "type": line["type"],
                    "visible": line["visible_min"],
                    "a sensor shows it": line["shown_min"],
                    "told by minutes alone": None if before is None else round(before, 1),
                    "told with ticks": line["decided_min"],
                }
            )
    return lines


def words(recording: Recording, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Give a line a camera's word: its kind, whether it is true, when an alarm told of it."""
    told = [alert for alert in alerts if alert.kind == "incident" and alert.version == 1]
    over = {a.alert_id: seconds(a.event_time) for a in alerts if a.state == "cleared"}
    lines = []
    for word in _each_word(recording):
        at = recording.network.segment_ids.index(word.segment_id), word.offset_m
        around = DrivingDistances(recording.network, at, REACH_M)
        near = [
            seconds(alert.event_time)
            for alert in told
            if over.get(alert.alert_id, np.inf) > word.until
            and _is_near(recording, around, alert.segment_id, alert.offset_m)
        ]
        is_true = any(
            seconds(true.start) <= word.until <= seconds(true.end)
            and _is_near(recording, around, true.link_id, true.offset_m)
            for true in recording.incidents()
        )
        after_s = min((time - word.until for time in near), default=None)
        lines.append({"kind": word.kind, "is_true": is_true, "after_s": after_s})
    return lines


def _each_word(recording: Recording) -> list[Sighting]:
    found = {
        (s.kind, s.seen_by, s.until): s
        for minute in recording.minutes
        for s in minute.sightings
        if s.source == "camera" and s.kind in WORDS
    }
    return [found[key] for key in sorted(found)]


def _is_near(
    recording: Recording, around: DrivingDistances, segment_id: str, offset_m: float
) -> bool:
    segment = recording.network.index_of(segment_id)
    return segment is not None and bool(np.isfinite(around.distance_m((segment, offset_m))))


def of_words(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give by kind, and for all, how many true words were told at once and false ones held back."""
    kinds = [*sorted({line["kind"] for line in lines}), "all"]
    found = []
    for kind in kinds:
        of = [line for line in lines if kind in (line["kind"], "all")]
        true = [line["after_s"] for line in of if line["is_true"]]
        false = [line["after_s"] for line in of if not line["is_true"]]
        found.append(
            {
                "kind": kind,
                "true words": len(true),
                "told within 15 s": sum(s is not None and s <= WORD_S for s in true),
                "told within 5 min": sum(s is not None and s <= HELD_S for s in true),
                "false words": len(false),
                "held back": sum(s is None or s > HELD_S for s in false),
            }
        )
    return found


def scale() -> dict[str, Any]:
    """Give how long a tick takes in which a million vehicles report, a tenth of which stand."""
    rng = np.random.default_rng(1)
    network = tiled(network_of(recordings()[0]), LEAST_SEGMENTS)
    ticks = Ticks(region_of(network, 0, roadside(network, rng)), EstimatorSettings(), SETTLE_S)
    ids = pa.array([f"v{i}" for i in range(VEHICLES)])
    segment = rng.integers(0, network.segment_count, VEHICLES).astype(np.int32)
    stands = rng.random(VEHICLES) < 0.1
    length = network.length_m[segment]
    took, told = [], 0
    for number in range(8):
        time = TICK_S * number
        moved = np.where(stands & (number > 0), 0.0, 0.4 * length)
        enter = np.where(stands & (number > 0), 0.4 * length, 0.0)
        columns = [
            ids, pa.array(["taxi"]).take(pa.array(np.zeros(VEHICLES, np.int8))),
            pa.array(np.where(stands, segment, np.roll(segment, number)).astype(np.int32)),
            pa.array(np.full(VEHICLES, time)), pa.array(np.full(VEHICLES, time + TICK_S)),
            pa.array(enter.astype(np.float32)), pa.array((enter + moved).astype(np.float32)),
            pa.array(np.zeros(VEHICLES, np.bool_)),
        ]  # fmt: skip
        ticks.add_progress(pa.RecordBatch.from_arrays(columns, schema=PROGRESS), time)

        def tick(at: Seconds = time + TICK_S) -> None:
            nonlocal told
            told = len(ticks.at(at))

        took.append(seconds_of(tick))
    cpu, clock = np.median(np.array(took[2:]), axis=0)
    return {
        "vehicles": VEHICLES,
        "segments": network.segment_count,
        "standing vehicles told": told,
        "CPU of a tick, s": round(float(cpu), 2),
        "clock, s": round(float(clock), 2),
    }


def main() -> None:
    """Write benchmarks/results/ticks.json."""
    feeds = recordings()
    made = [record(feed) for feed in feeds]
    (_, alone), (alerts, ticked) = scores(made, None)
    lines = [line for r, of in zip(made, alerts, strict=True) for line in words(r, of)]
    curve = []
    for budget in BUDGETS:
        (_, by_minute), (_, by_tick) = scores(made, budget)
        for name, of in (("minutes alone", by_minute), ("with ticks", by_tick)):
            curve.append({"budget, false/h": budget, "judged": name, **together(of)})
    write_result(
        "ticks",
        "What ticks between the minutes bring, and where the time to detect goes.",
        [
            {"judged": "minutes alone", **together(alone)},
            {"judged": "with ticks", **together(ticked)},
        ],
        data=feeds,
        parts=parts(made, alone, ticked),
        budgets=curve,
        words=of_words(lines),
        scale=[scale()],
    )


if __name__ == "__main__":
    main()
