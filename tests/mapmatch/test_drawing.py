"""Drawn networks."""

import numpy as np
import pytest

from tests.drawing import draw


def successors(drawing, segment_id):
    net, i = drawing.network, drawing.segment(segment_id)
    rows = net.successors[net.successor_offsets[i] : net.successor_offsets[i + 1]]
    return {net.segment_ids[s] for s in rows}


def test_letters_become_nodes_and_lines_become_two_segments_each():
    drawing = draw(
        """
        A---B---C
            |    \\
            D     E
        """,
        cell_m=50,
    )
    ids = set(drawing.network.segment_ids)
    assert ids == {"AB", "BA", "BC", "CB", "BD", "DB", "CE", "EC"}


def test_a_diagonal_reaches_from_letter_to_letter():
    drawing = draw(
        """
        A
         \\
          B
         /
        C
        """,
        cell_m=100,
    )
    assert set(drawing.network.segment_ids) == {"AB", "BA", "BC", "CB"}
    length = drawing.network.length_m[drawing.segment("AB")]
    assert length == pytest.approx(200 * 2**0.5)


def test_one_way_and_banned_turns_leave_only_what_is_permitted():
    drawing = draw(
        """
        A---B---C
            |
            D
        """,
        one_way=["BC"],
        banned=[("AB", "BD")],
    )
    assert drawing.network.index_of("CB") is None
    assert successors(drawing, "AB") == {"BC"}
    assert successors(drawing, "DB") == {"BA", "BC"}
    assert successors(drawing, "BD") == {"DB"}, "a dead end turns back"


def test_a_digit_is_a_place_in_degrees_that_projects_to_its_cell():
    drawing = draw(
        """
        A--1--B
        """,
        cell_m=10,
    )
    ax, ay = drawing.network.node_x[0], drawing.network.node_y[0]
    x, y = drawing.xy("1")
    assert np.allclose([x - ax, y - ay], [30, 0], atol=1e-3)


def test_a_road_that_ends_nowhere_is_refused():
    with pytest.raises(ValueError, match="ends nowhere"):
        draw("A---B--")


def test_an_arrow_in_a_road_shows_the_only_way_it_is_driven():
    drawing = draw(
        """
        A->-B-<-C
         \\  ^  /
          > | <
           \\|/
            D>E
            |
            v
            F
        """
    )
    assert drawing.network.segment_ids == ["AB", "AD", "CB", "DB", "CD", "DE", "DF"]


def test_a_small_letter_names_the_segment_of_a_road_that_is_driven_one_way():
    drawing = draw(
        """
        A-s1->B-s2->C
              |
              c
              v
          3   D
        """
    )
    assert drawing.network.segment_ids == ["s1", "s2", "c"]
    assert successors(drawing, "s1") == {"s2", "c"}
    assert list(drawing.fixes) == ["3"]
    with pytest.raises(ValueError, match="'a' is driven both ways"):
        draw("A-a-B")
