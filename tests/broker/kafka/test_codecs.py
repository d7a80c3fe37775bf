"""What producers in Java, Flink and librdkafka compress with is read."""

import pytest

from tests.broker.kafka.rig import Rig

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def test_every_codec_that_a_producer_may_use_is_read(rig: Rig) -> None:
    values = []
    rig.start_worker()
    for codec in ("gzip", "lz4", "snappy", "zstd"):
        producer = rig.new_producer(compression_type=codec, linger_ms=50)
        for number in range(20):
            values.append(f"{codec} {number}".encode() * 100)
            producer.send(rig.name(), values[-1], partition=0)
        producer.close()
    rig.wait_said(*values)
    assert rig.holes() == 0
