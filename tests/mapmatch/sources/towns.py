"""Random small towns for comparing kernels with their twins."""

from dataclasses import replace

import numpy as np

from mapmatch.network import Network
from tests.drawing import Drawing, draw

TOWN = """
A-----B-----C-----D
|     |     |     |
E-----F-----G-----H
|     |     |     |
I-----J-----K-----L
"""
STREETS = ("AB", "BC", "CD", "EF", "FG", "GH", "IJ", "JK", "KL", "AE", "EI", "CG", "GK", "DH", "HL")


def random_town(seed: int, cell_m: float = 23.7) -> Drawing:
    """Give a town with some streets one-way, some turns banned, with or without U-turns."""
    random = np.random.default_rng(seed)
    one_way = [
        street if random.random() < 0.5 else street[::-1]
        for street in STREETS
        if random.random() < 0.3
    ]
    turns = [("AB", "BF"), ("FG", "GK"), ("KG", "GH")]
    gone = {street[::-1] for street in one_way}
    banned = [turn for turn in turns if not gone & set(turn)]
    return draw(TOWN, cell_m=cell_m, one_way=one_way, u_turns=bool(seed % 2), banned=banned)


def open_town(cell_m: float = 23.7) -> Drawing:
    """Give a town where every turn is permitted, the U-turn too, and its network says so."""
    town = draw(TOWN, cell_m=cell_m, one_way=["BC", "GK"], u_turns=True)
    return replace(town, network=replace(town.network, has_movements=False))


def uneven(network: Network, seed: int) -> Network:
    """Give the network with random lengths, free speeds and signals, so that routes differ.

    A segment is up to a third longer as driven than as drawn.
    """
    random = np.random.default_rng(seed)
    stretch = random.uniform(1.0, 1.33, network.segment_count)
    vertices = np.diff(network.vertex_offsets)
    return replace(
        network,
        length_m=network.length_m * stretch,
        vertex_distance_m=network.vertex_distance_m * np.repeat(stretch, vertices),
        free_speed_mps=random.uniform(8.0, 25.0, network.segment_count),
        node_has_signal=random.random(len(network.node_ids)) < 0.5,
    )
