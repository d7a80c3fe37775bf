"""A camera's event that cannot be true by itself is refused by the reason a person would give."""

from typing import Any

import pytest

from ingest.checks.camera_events import check_camera_events, known_approaches
from ingest.frames import CAMERA_EVENTS
from ingest.recorded.assets import Assets, Camera
from ingest.refusals import Reason, Refusal
from tests.ingest.recordings import START, batch, camera_event

NOW = START.timestamp() + 60.0
ASSETS = Assets(cameras=(Camera("k1", "k1:1", 0, 121.5, 31.2, 0.0),))


def _event_refusal(**changes: Any) -> Refusal:
    rows = batch([_event(), _event() | changes], CAMERA_EVENTS)
    checked = check_camera_events(rows, known_approaches(ASSETS), NOW)
    assert checked.batch.num_rows == 1 and len(checked.refusals) == 1
    return checked.refusals[0]


def _event() -> dict[str, Any]:
    event = camera_event("k1", 0.0)
    del event["plate"]
    return event | {"plate_hash": None}


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"camera_id": "k9"}, Reason.UNKNOWN_CAMERA, "approach_id"),
        ({"approach_id": "k1:9"}, Reason.UNKNOWN_CAMERA, "approach_id"),
        ({"approach_id": None}, Reason.MISSING, "approach_id"),
        ({"event_time": 0}, Reason.BAD_TIME, "event_time"),
        ({"kind": "flash"}, Reason.UNKNOWN_KIND, "kind"),
        ({"lane": -2}, Reason.OUT_OF_RANGE, "lane"),
    ],
)
def test_a_camera_event_that_cannot_be_true_is_refused(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    refusal = _event_refusal(**changes)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_a_camera_event_may_lack_lane_speed_and_dwell() -> None:
    row = _event() | {"lane": None, "speed_kmh": None, "dwell_s": None}
    checked = check_camera_events(batch([row], CAMERA_EVENTS), known_approaches(ASSETS), NOW)
    assert checked.batch.num_rows == 1
