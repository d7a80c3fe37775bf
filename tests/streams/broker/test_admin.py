"""What is said of topics with other numbers of partitions than the settings name."""

from streams.broker.admin import wrong_partitions
from streams.settings import TopicSettings
from streams.topics import LAYOUTS

TWO = TopicSettings(partitions=2)


def made(partitions: int = 2, **changed: int) -> dict[str, int]:
    """Give the topics of a city as they were made, some of them changed since."""
    found = {layout.name: layout.partitions or partitions for layout in LAYOUTS}
    return {**found, **{name.replace("_", "-"): count for name, count in changed.items()}}


def test_topics_as_they_were_made_are_right_and_so_are_missing_ones() -> None:
    assert wrong_partitions(TWO, made()) is None
    assert wrong_partitions(TWO, {}) is None


def test_a_gateway_may_have_any_number_of_partitions() -> None:
    assert wrong_partitions(TWO, made() | {"gps.taxi": 7, "camera": 1}) is None


def test_topics_made_for_another_number_ask_for_another_setting() -> None:
    words = wrong_partitions(TWO, made(4))
    assert words is not None and "have 4 partitions, the settings say 2: set topics.part" in words


def test_a_topic_that_was_changed_is_named_and_no_setting_is_asked_for() -> None:
    words = wrong_partitions(TWO, made(fixes=4, state_snapshots=3))
    assert words is not None
    assert "changed: state-snapshots 3, fixes 4, expected 1 for" in words
    assert "set topics.partitions" not in words
