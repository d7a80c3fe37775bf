"""`clearway state` on a broker: shown, moved, forgotten, and what is no place."""

from collections.abc import Iterator

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaProducer

from ingest.user_error import UserError
from streams import topics
from streams.broker.admin import create_topics
from streams.broker.embedded import EmbeddedBroker
from streams.cli.main import cli
from streams.settings import load_settings

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Give the address of a broker with three messages of taxis and two frames of fixes."""
    with EmbeddedBroker() as broker:
        create_topics(
            load_settings(environment={}, overrides={"broker": {"address": broker.address}})
        )
        producer = KafkaProducer(bootstrap_servers=broker.address)
        for topic, count in ((topics.GPS_TAXI, 3), (topics.FIXES, 2)):
            for number in range(count):
                producer.send(topic, b"%d" % number, partition=1)
        producer.close()
        yield broker.address


def run(broker: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["state", *words, "--broker", broker])


def standing(broker: str) -> dict[str, tuple[int | None, int]]:
    """Give where each input that holds something is read on, and its end."""
    shown = msgspec.json.decode(run(broker, "show", "--json").stdout)
    return {
        f"{place['topic']}/{place['partition']}": (place["next_offset"], place["end"])
        for place in shown
        if place["end"]
    }


def test_states_are_shown_moved_and_forgotten(broker: str) -> None:
    assert standing(broker) == {"gps.taxi/1": (None, 3), "fixes/1": (None, 2)}
    moved = run(broker, "seek", "fixes", "--to", "latest", "--partition", "1")
    assert "fixes/1 (match): no saved state -> 2" in moved.output, moved.exception
    assert standing(broker) == {"gps.taxi/1": (None, 3), "fixes/1": (2, 2)}
    run(broker, "seek", "fixes", "--to", "1", "--partition", "1")
    assert standing(broker)["fixes/1"] == (1, 2)
    forgotten = run(broker, "reset", "--to", "earliest", "--yes")
    assert "gps.taxi/1 (ingest gps.taxi): no saved state -> 0" in forgotten.output
    # What ingest made of the raw messages is not read again: it is made again.
    assert standing(broker) == {"gps.taxi/1": (0, 3), "fixes/1": (2, 2)}
    assert "gps.taxi/1" in run(broker, "show").output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["seek", "fixes", "--to", "yesterday"], "'yesterday' is no place on a topic"),
        (["seek", "fixes", "--to", "2026-09-16T07:00:00"], "names no time zone"),
        (["seek", "fixes", "--to", "9", "--partition", "1"], "fixes/1 holds offsets 0 to 1, not 9"),
        (["seek", "fixes", "--to", "latest", "--partition", "7"], "no partition 7: 1 is the last"),
    ],
)
def test_what_is_no_place_is_refused(broker: str, words: list[str], expected: str) -> None:
    before = standing(broker)
    refused = run(broker, *words)
    assert isinstance(refused.exception, UserError) and expected in str(refused.exception)
    assert standing(broker) == before
