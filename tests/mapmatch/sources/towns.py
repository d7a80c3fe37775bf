"""Random small towns for comparing kernels with their twins."""

import numpy as np

from tests.drawing import Drawing, draw

TOWN = """
A-----B-----C-----D
|     |     |     |
E-----F-----G-----H
|     |     |     |
I-----J-----K-----L
"""
STREETS = ("AB", "BC", "CD", "EF", "FG", "GH", "IJ", "JK", "KL", "AE", "EI", "CG", "GK", "DH", "HL")


def random_town(seed: int) -> Drawing:
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
    return draw(TOWN, cell_m=23.7, one_way=one_way, u_turns=bool(seed % 2), banned=banned)
