"""What signs say: one catalogue of sentences, English and Chinese, with the same values in both."""

import re

from incidents.seen_words import Seen, catalogue

ISO = re.compile(r"\{\w+\}")


def test_every_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    for word, (english, chinese) in catalogue().items():
        assert english and re.search(r"[\u4e00-\u9fff]", chinese), word
        assert sorted(ISO.findall(english)) == sorted(ISO.findall(chinese)), word


def test_values_are_said_in_their_units_and_times_with_their_zone() -> None:
    values = {"since_at": 1_789_459_260.0, "growth_pace": -12.4}
    assert Seen("queue_moves_stays", values).text == (
        "queue since 2026-09-15T08:01:00Z, -12 m a minute, does not clear in a cycle"
    )
    assert Seen("slow_lane", {"speed_kmh": 9.3}).text == "9 km/h with the lane not full"
    assert Seen("queue", {"length_m": 400.4, "lasted_min": 7}).text == "queue of 400 m for 7 min"


def test_names_are_said_in_plain_letters_and_what_people_say_as_they_said_it() -> None:
    told = Seen("told_because", {"actor": "li_1", "reason": "{x} _ y"})
    assert told.text == "told by li_1: {x} _ y"
    seen = {"kind": "illegal_parking", "camera": "k_1", "seen_at": 1_789_459_260.0}
    assert Seen("camera", seen).text.startswith("illegal parking reported by k_1 at ")
