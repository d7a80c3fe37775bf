"""The catalogue of a report's words: complete in every language."""

import re
import string
from pathlib import Path
from typing import get_args

import pytest

from congestion.reports.queues.bottlenecks import NO_ALERT
from incidents.records import Cause
from streams.reports.words import LANGUAGES, Words, catalogue, percent, written

ROOM = Path("streams/reports")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_every_word_with_the_same_fields() -> None:
    english, *others = (catalogue()[language] for language in LANGUAGES)
    assert set(catalogue()) == set(LANGUAGES)
    for other in others:
        assert set(other) == set(english)
        for key, text in english.items():
            assert text and fields(other[key]) == fields(text), key


def test_every_word_that_the_code_asks_for_is_there() -> None:
    root = Path(__file__).resolve().parents[3] / ROOM
    code = "".join(p.read_text() for p in (*root.glob("*.py"), *root.glob("*.jinja")))
    asked = set(re.findall(r'\bwords\(\s*"(\w+)"', code))
    assert len(asked) > 20
    assert asked <= set(catalogue()["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_a_word(language: str) -> None:
    words = Words(language)
    for cause in (*get_args(Cause), NO_ALERT, "outside_queues"):
        assert words(f"cause_{cause}")


def test_numbers_have_no_more_digits_than_a_reader_needs() -> None:
    shown = [written(value) for value in (1234.56, 45.67, 1.234, 12, 12345, None, float("nan"))]
    assert shown == ["1,235", "45.7", "1.23", "12", "12,345", "-", "-"]
    assert [percent(share) for share in (0.0, 0.001, 0.256, 1.0)] == [
        "0 %", "<1 %", "26 %", "100 %",
    ]  # fmt: skip
