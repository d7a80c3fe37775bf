"""Every sentence with which the server refuses has its pattern on the page, for its Chinese."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from incidents.case_records import Command, LaneImpact
from incidents.cases.book import CaseBook
from incidents.cases.places import RoadPlaces
from incidents.records import Alert
from mapmatch.network import Network
from tests.streams.console.messages import MINUTE, alert

SOURCE = Path("streams/console/page/src/words/refusals.ts").read_text()
SENTENCES = re.findall(r'^  \["([^"]+)", "', SOURCE, re.MULTILINE)
PATTERNS = [
    re.compile(re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(sentence)) + "$", re.DOTALL)
    for sentence in SENTENCES
]

REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("acknowledge", {"expected_version": 9}),
    ("acknowledge", {"alert_id": "nothing"}),
    ("reopen", {}),
    ("verify", {}),
    ("assign", {}),
    ("suppress", {"reason": "x"}),
    ("suppress", {"reason": "x", "until": "2026-09-20T00:00:00Z"}),
    ("dismiss", {"reason": "x"}),
    ("dispatch", {}),
    ("edit", {}),
    ("edit", {"cause": "rain"}),
    ("edit", {"segment_id": "nowhere"}),
    ("edit", {"longitude": 0.0, "latitude": 0.0}),
    ("merge", {"into": "nothing"}),
    ("lane_impact", {"lane_impact": [LaneImpact(1, "open"), LaneImpact(1, "slow")]}),
)


@pytest.mark.parametrize(("action", "fields"), REFUSED)
def test_a_refusal_fits_one_of_the_page_s_sentences(
    network: Network, action: str, fields: dict[str, Any]
) -> None:
    book = CaseBook(RoadPlaces(network))
    book.detect([msgspec.json.decode(alert("a", network.segment_ids[0]), type=Alert)])
    command = Command("c1", action, "li", **{"alert_id": "a", **fields})
    result = book.take(command, MINUTE + 120.0)
    assert not result.is_accepted and result.reason is not None
    assert any(pattern.match(result.reason) for pattern in PATTERNS), result.reason
