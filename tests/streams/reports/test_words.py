"""The catalogue of a report's words: complete in every language."""

import re
import string
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from congestion.reports.queues.bottlenecks import NO_ALERT
from incidents.records import Cause
from streams.reports.words import LANGUAGES, NOTES, Words, catalogue, percent, written

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


def test_notes_have_the_same_fields_in_every_language() -> None:
    for pairs in tomllib.loads(NOTES.read_text(encoding="utf-8")).values():
        for english, text in pairs.items():
            assert fields(text) == fields(english), english


def test_a_note_is_written_in_the_language_of_the_page() -> None:
    zh = Words("zh")
    twice = "not used: a b.parquet: the same rows as /x: y.parquet, read once"
    assert zh.note(twice) == "未使用：a b.parquet：与/x: y.parquet的各行相同，只读一次"
    assert zh.note("1,200 minutes of districts were stored twice: each state counts once") == (
        "有1,200个分区分钟被存储两次：每个状态只计一次"
    )
    assert zh.note("not used: {a}.parquet: it broke") == "未使用：{a}.parquet: it broke"
    assert Words("en").note(twice) == twice
