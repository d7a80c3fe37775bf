"""Stored states that are looked through piece by piece are said as if they were read whole."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from congestion.profile_build import stored_states
from congestion.profile_build.stored_states import readable_states
from tests.congestion.profile.test_week import CITY, MONDAY_8, kept, minutes


def test_rows_are_named_by_their_place_in_the_file_and_counted_over_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, minutes("a", MONDAY_8, [30.0] * 7 + [-1.0] + [30.0] * 3 + [999.0]))
    whole = readable_states([file], CITY)
    pq.write_table(pq.read_table(file), file, row_group_size=2)
    monkeypatch.setattr(stored_states, "PIECE_ROWS", 4)
    good, unusable = readable_states([file], CITY)
    assert good == [file]
    (found,) = unusable
    assert (found.error.row, found.error.column, found.row_count) == (7, "speed_kmh", 2)
    assert str(found) == str(whole[1][0])
