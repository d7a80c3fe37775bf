"""Segments found by the ids in a column."""

import pyarrow as pa
import pyarrow.compute as pc

import mapmatch.segment_places as module
from mapmatch.segment_places import SegmentPlaces

NETWORK = ("a", "b", "c")


def test_each_id_has_the_index_of_its_segment_and_others_none():
    places = SegmentPlaces(NETWORK)
    assert places.of(pa.array(["c", "elsewhere", None, "a"])).tolist() == [2, -1, -1, 0]
    assert places.of(pa.array([], pa.string())).tolist() == []
    assert places.of(pa.chunked_array([["b"], ["c", "a"]])).tolist() == [1, 2, 0]


def test_a_column_that_begins_like_another_is_not_taken_for_it():
    places = SegmentPlaces(NETWORK)
    assert places.of(pa.array(["a", "b"])).tolist() == [0, 1]
    assert places.of(pa.array(["a", "c"])).tolist() == [0, 2]
    assert places.of(pa.array(["a", "b"])).tolist() == [0, 1]


def test_the_rows_of_a_region_are_looked_up_once(monkeypatch):
    looked_up = []

    def index_in(column, value_set):
        looked_up.append(len(column))
        return pc.index_in(column, value_set=value_set)

    monkeypatch.setattr(module, "pc", type("Counted", (), {"index_in": staticmethod(index_in)}))
    places = SegmentPlaces(NETWORK)
    for _ in range(5):  # each minute, decoded anew
        assert places.of(pa.array(["a", "b", "c"])).tolist() == [0, 1, 2]
        assert places.of(pa.array(["b", "c"])).tolist() == [1, 2]
    assert looked_up == [3, 2]
