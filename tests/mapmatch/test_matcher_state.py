"""A matcher's memory outlives its process."""

import pyarrow as pa
import pytest

from ingest.recorded.feed import open_feed
from mapmatch.building.build import network_for
from mapmatch.matcher import OnlineMatcher
from mapmatch.paths import build_path_table


@pytest.fixture(scope="module")
def town(project_data, tmp_path_factory):
    network = network_for(project_data / "networks" / "shanghai-core", tmp_path_factory.mktemp("n"))
    return network, build_path_table(network, radius_m=1000.0)


@pytest.fixture(scope="module")
def fixes(project_data) -> list[pa.RecordBatch]:
    table = open_feed(project_data / "feeds" / "shanghai-core-small").fixes
    assert table is not None
    return table.slice(0, 6000).combine_chunks().to_batches(max_chunksize=500)


def test_a_restored_matcher_answers_like_the_one_that_went_on(town, fixes) -> None:
    going_on, restored = OnlineMatcher(*town), OnlineMatcher(*town)
    for batch in fixes:
        watermark = batch.column("arrival_time")[-1].value / 1000.0 - 10.0
        heir = OnlineMatcher(*town)
        heir.restore(restored.snapshot())
        restored = heir
        assert restored.match(batch, watermark) == going_on.match(batch, watermark)
    assert restored.finish() == going_on.finish()


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90"])
def test_bytes_that_are_no_snapshot_are_refused(town, data: bytes) -> None:
    with pytest.raises(ValueError, match="MatcherState"):
        OnlineMatcher(*town).restore(data)
