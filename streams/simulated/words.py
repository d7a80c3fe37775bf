"""What cameras and people say of a scenario's incidents, and of nothing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from streams.simulated.incidents import WORDS, Placed
from streams.simulated.recording import at
from streams.simulated.scenario import Scenario
from streams.simulated.sensors import Approach, placed
from streams.simulated.streets import Streets

SEEN_AFTER_S, AGAIN_S = (5.0, 45.0), 150.0
REPORTED_AFTER_S, AGAIN_SHARE, REPORT_ERROR_DEG = (60.0, 300.0), 0.4, 0.0006
FALSE_WORDS = ("stopped_vehicle", "illegal_parking")
REPORT_KINDS = {"illegal_parking": "illegal_parking", "work_zone": "works", "slow_zone": "flood"}


def camera_words(
    scenario: Scenario, incidents: list[Placed], approaches: list[Approach], begin: pd.Timestamp
) -> pd.DataFrame:
    """Give the events that cameras send beside passes: of incidents they see, and of nothing."""
    random = np.random.default_rng([scenario.seed, 33])
    by_link = {approach.link.link_id: approach for approach in approaches}
    rows: list[tuple[float, Approach, str, int, float]] = []
    for one in incidents:
        approach, words = by_link.get(one.link.link_id), WORDS.get(one.kind, ())
        if approach is None or not words:
            continue
        word, time = str(random.choice(words)), one.start_s + float(random.uniform(*SEEN_AFTER_S))
        while time < one.end_s:
            rows.append((time, approach, word, one.lanes[0], time - one.start_s))
            time += AGAIN_S
    count = int(random.poisson(scenario.sensors.false_words_per_hour * scenario.duration_min / 60))
    for _ in range(count if approaches else 0):
        approach = approaches[int(random.integers(len(approaches)))]
        time = float(random.uniform(0, 60.0 * scenario.duration_min))
        rows.append((time, approach, str(random.choice(FALSE_WORDS)), 0, 30.0))
    rows.sort(key=lambda row: (row[0], row[1].approach_id))
    return pd.DataFrame(
        {
            "camera_id": [row[1].camera_id for row in rows],
            "approach_id": [row[1].approach_id for row in rows],
            "event_time": at(begin, [row[0] for row in rows]),
            "kind": [row[2] for row in rows],
            "lane": pd.array([row[3] for row in rows], "Int16"),
            "plate": pd.Series([None] * len(rows), dtype="str"),
            "speed_kmh": np.zeros(len(rows), np.float32),
            "dwell_s": np.array([row[4] for row in rows], np.float32),
        }
    )


def write_reports(
    scenario: Scenario, incidents: list[Placed], streets: Streets, begin: pd.Timestamp, path: Path
) -> None:
    """Write what people report, one JSON object a line, in order of time."""
    random = np.random.default_rng([scenario.seed, 34])
    said: list[tuple[float, float, float, str, str]] = []

    def say(link_id: str, offset_m: float, time: float, kind: str, source: str) -> None:
        longitude, latitude, _ = placed(streets, streets.links[link_id], 0, offset_m)
        error = random.normal(0, REPORT_ERROR_DEG / 3.0, 2)
        said.append((time, longitude + error[0], latitude + error[1], kind, source))

    for one in incidents:
        if random.random() >= scenario.reports.share:
            continue
        time = one.start_s + float(random.uniform(*REPORTED_AFTER_S))
        kind = REPORT_KINDS.get(one.kind, "crash" if one.kind == "full_block" else "jam")
        say(one.link.link_id, one.offset_m, time, kind, "call")
        while random.random() < AGAIN_SHARE:
            time += float(random.uniform(20.0, 120.0))
            say(one.link.link_id, one.offset_m, time, kind, "app")
    links = sorted(streets.links)
    for _ in range(
        int(random.poisson(scenario.reports.false_per_hour * scenario.duration_min / 60))
    ):
        link = streets.links[str(random.choice(links))]
        say(link.link_id, link.length / 2, float(random.uniform(0, 60.0 * scenario.duration_min)),
            "crash", "app")  # fmt: skip
    lines = [
        json.dumps(
            {
                "report_id": f"r{number}", "source": source,
                "event_time": at(begin, [time])[0].isoformat(), "longitude": round(longitude, 6),
                "latitude": round(latitude, 6), "kind": kind, "text": "",
            }
        )
        for number, (time, longitude, latitude, kind, source) in enumerate(sorted(said))
    ]  # fmt: skip
    if lines:
        path.write_text("".join(f"{line}\n" for line in lines))
