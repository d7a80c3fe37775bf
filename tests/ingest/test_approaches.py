"""Approaches are found by two ids that may hold any character."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ingest.approaches import UNKNOWN, Approach, ApproachIndex

IDS = st.text(alphabet="ab/%2F\x1f\0#é", max_size=4)
APPROACHES = st.builds(Approach, IDS, IDS)


def events(*approaches: tuple[str | None, str | None]) -> pa.RecordBatch:
    """Give the ids of some events as the columns of a batch."""
    columns = [pa.array([pair[i] for pair in approaches], pa.string()) for i in (0, 1)]
    return pa.RecordBatch.from_arrays(columns, ["camera_id", "approach_id"])


def test_an_approach_is_found_by_both_its_ids_and_not_by_their_joined_text() -> None:
    index = ApproachIndex([Approach("SH/1", "0"), Approach("SH", "1/0"), Approach("SH/1", "1")])
    asked = events(("SH", "1/0"), ("SH/1", "1"), ("SH", "1"), ("SH", None), ("SH/1", "0"))
    assert index.places(asked).tolist() == [1, 2, UNKNOWN, UNKNOWN, 0]


def test_an_approach_given_twice_is_the_first() -> None:
    index = ApproachIndex([Approach("a", "0"), Approach("b", "0"), Approach("a", "0")])
    assert index.places(pa.Table.from_batches([events(("a", "0"))])).tolist() == [0]


def test_where_no_approach_is_known_none_is_found() -> None:
    assert ApproachIndex([]).places(events(("a", "0"))).tolist() == [UNKNOWN]
    assert ApproachIndex([Approach("a", "0")]).places(events()).tolist() == []


@given(st.lists(APPROACHES, unique=True), st.lists(APPROACHES))
def test_every_approach_is_found_at_its_place_whatever_its_ids(
    known: list[Approach], asked: list[Approach]
) -> None:
    places = ApproachIndex(known).places(events(*known, *asked)).tolist()
    assert places == [known.index(a) if a in known else UNKNOWN for a in (*known, *asked)]


@given(APPROACHES, APPROACHES)
def test_two_approaches_never_have_the_same_text(one: Approach, other: Approach) -> None:
    assert (str(one) == str(other)) == (one == other)


def test_the_text_of_an_ordinary_approach_is_camera_slash_approach() -> None:
    assert str(Approach("k1", "k1:3/b")) == "k1/k1:3/b"
    assert str(Approach("SH/0001", "2%")) == "SH%2F0001/2%"
