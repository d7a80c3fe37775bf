"""Is a setting lucky? Three settings chosen on the other recordings, and asked on the one left."""

import itertools
from collections.abc import Sequence

import msgspec

from benchmarks.incidents.recording import Recording, Score
from incidents.scoring.incidents import IncidentScore, score_incidents
from incidents.settings import DetectionSettings, JudgementSettings

GRID = {
    "keep_at": (2.0, 3.0, 4.0),
    "other_jam": (1.0, 2.0, 3.0),
    "apart": (0.2, 0.4, 0.8),
}


def worth(scores: Sequence[IncidentScore], hours: Sequence[float]) -> float:
    """Give the incidents found less half of each false alarm beyond one an hour."""
    found = sum(score.hit_count for score in scores)
    false = sum(score.false_alarm_count for score in scores)
    return found - 0.5 * max(0.0, false - sum(hours))


def leave_one_out(recordings: Sequence[Recording]) -> list[tuple[Score, dict[str, float]]]:
    """Choose from the grid on all recordings but one and score that one, each in turn.

    Gives the score of each and what was chosen for it.
    """
    choices = [
        DetectionSettings(
            judgement=msgspec.structs.replace(
                JudgementSettings(), **dict(zip(GRID, values, strict=True))
            )
        )
        for values in itertools.product(*GRID.values())
    ]
    published = [[r.alerts(choice) for r in recordings] for choice in choices]
    table = [
        [
            score_incidents(alerts, r.incidents(), r.network, r.hours)
            for r, alerts in zip(recordings, of, strict=True)
        ]
        for of in published
    ]
    found = []
    for left in range(len(recordings)):
        others = [i for i in range(len(recordings)) if i != left]
        hours = [recordings[i].hours for i in others]
        best = max(
            range(len(choices)), key=lambda c: (worth([table[c][i] for i in others], hours), -c)
        )
        chosen = {name: getattr(choices[best].judgement, name) for name in GRID}
        found.append((recordings[left].score(published[best][left]), chosen))
    return found
