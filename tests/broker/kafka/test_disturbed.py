"""Three brokers and real workers, disturbed while a feed is played: the alerts stay the same."""

import pytest

from incidents.records import Alert
from tests.broker.kafka.apache_kafka import ApacheKafka
from tests.broker.kafka.disturbances import ALL, Disturbance
from tests.broker.published import by_version, doubled
from tests.broker.stage_set import StageSet

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(600)]

SPEED = 30.0
"""The recording's 24 minutes are played in 48 s, so that it is under way when things break."""


@pytest.mark.parametrize("disturb", ALL, ids=lambda disturb: disturb.__name__)
def test_the_alerts_are_those_of_an_undisturbed_run(
    three: StageSet, three_brokers: ApacheKafka, undisturbed: list[Alert], disturb: Disturbance
) -> None:
    three.start_worker()
    three.start_worker()
    three.wait_ready()
    with three.playing(SPEED):
        three.wait_decided(three.feed.manifest.start + 300.0)
        disturb(three, three_brokers)
    three.wait_decided()
    published = three.alerts()
    assert doubled(published) == {}
    assert by_version(published) == by_version(undisturbed)
