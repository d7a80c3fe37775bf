"""Sums of regression trees, and how they are laid out to be read off many rows at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.kernels.trees import BLOCK, GROUP, LEAVES, SLOTS, WORD, sum_trees
from ingest.kernels.arrays import Floats, Floats32, Int64s

Counts = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.int16]
Words = npt.NDArray[np.uint16]

_LARGEST = float(np.finfo(np.float32).max)
_ALL = (1 << WORD) - 1
# Keys under and over those of all numbers.
_LEAST, _MOST = -(1 << 15), (1 << 15) - 1


def keys_of(numbers: Floats32) -> Keys:
    """Give the upper halves of the float32, as integers in the order of the numbers.

    They have 8 significant bits. A tree cannot tell numbers of one key apart.
    """
    bits = np.ascontiguousarray(numbers).view(np.int32)
    keys = (bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))) >> 16
    return np.where(keys == -1, 0, keys).astype(np.int16)  # -0 is 0


class Tree(msgspec.Struct, frozen=True):
    """One tree in arrays of equal length, node 0 the root.

    A row goes to node `child` if its number of `feature` (an index into the model's features) is
    at most `threshold`, both cut to their first 8 significant bits, else to the node after it;
    where its number is missing, as `nan_left` says. A leaf has feature -1 and a `value`. A child
    comes after its parent.
    """

    feature: list[int]
    threshold: list[float]
    nan_left: list[bool]
    child: list[int]
    value: list[float]


class TreeSum(msgspec.Struct, frozen=True):
    """What is added up: a start value and trees."""

    start: float
    trees: list[Tree]


@dataclass(frozen=True)
class Forest:
    """Sums of trees laid out flat for the kernel; see `sum_trees` for its arrays."""

    starts: Floats
    inputs: Counts
    missing: Keys
    node_offsets: Int64s
    column: Counts
    threshold: Keys
    off: Words
    value: Floats32
    sum_offsets: Int64s

    @classmethod
    def of(cls, *sums: TreeSum) -> "Forest":
        """Lay the trees of the sums out; those of up to LEAVES leaves are fast.

        Raises ValueError where a tree is too deep for a word.
        """
        inputs: dict[tuple[int, bool], int] = {}
        asked, values, sum_offsets, node_offsets = _Asked([], [], []), [], [0], [0]
        for trees in sums:
            for piece in (p for tree in trees.trees for p in _pieces(tree)):
                nodes, found = piece.read()
                values.append(_by_slot(found))
                for word in range(2):
                    asked.add(nodes, word, inputs)
                    node_offsets.append(len(asked.column))
            if len(values) % 2:  # trees are added up by two
                values.append([0.0] * LEAVES)
                node_offsets += [len(asked.column)] * 2
            sum_offsets.append(len(values) // 2)
        columns = list(inputs)
        return cls(
            starts=np.array([trees.start for trees in sums]),
            inputs=np.array([feature for feature, _ in columns], np.uint32),
            missing=np.array([_LEAST if left else _MOST for _, left in columns], np.int16),
            node_offsets=np.array(node_offsets, np.int64),
            column=np.array(asked.column, np.uint32),
            threshold=keys_of(np.clip(asked.threshold, -_LARGEST, _LARGEST).astype(np.float32)),
            off=np.array(asked.off, np.uint16),
            value=np.array(values, np.float32).ravel(),
            sum_offsets=np.array(sum_offsets, np.int64),
        )

    def __call__(self, rows: Floats32) -> Floats:
        """Give each sum for each row of features, sums x rows; rows that lie by column are fast."""
        sums = np.repeat(self.starts[:, None], len(rows), axis=1)
        sum_trees(
            np.ascontiguousarray(rows.T).view(np.int32).ravel(),
            self.inputs,
            self.missing,
            self.node_offsets,
            self.column,
            self.threshold,
            self.off,
            self.value,
            self.sum_offsets,
            np.zeros(max(len(self.inputs), 1) * BLOCK, np.int16),
            np.empty(2 * BLOCK, np.uint16),
            np.empty(2 * BLOCK, np.uint16),
            np.empty(BLOCK, np.float32),
            sums,
        )
        return sums


@dataclass(frozen=True)
class _Node:
    """A node and the leaves, counted from the left, that are gone where it sends a row right."""

    feature: int
    nan_left: bool
    threshold: float
    gone: range

    def off(self, word: int) -> int:
        """Give the bits of the leaves gone that are in a word."""
        bits = (1 << self.gone.stop) - (1 << self.gone.start)
        return (bits >> (word * WORD)) & _ALL


@dataclass(frozen=True)
class _Asked:
    """The nodes of all trees, one list an array of the kernel's."""

    column: list[int]
    threshold: list[float]
    off: list[int]

    def add(self, nodes: list[_Node], word: int, inputs: dict[tuple[int, bool], int]) -> None:
        """Add what a tree's nodes take out of a word."""
        for node in nodes:
            if off := node.off(word):
                key = (node.feature, node.nan_left)
                self.column.append(inputs.setdefault(key, len(inputs)))
                self.threshold.append(node.threshold)
                self.off.append(off)
        while len(self.column) % GROUP:
            self.column.append(0)
            self.threshold.append(np.inf)
            self.off.append(0)  # takes nothing away


@dataclass(frozen=True)
class _Piece:
    """The part of a tree under one of its nodes, 0 elsewhere: a tree of few enough leaves."""

    tree: Tree
    top: int
    ancestors: frozenset[int]

    def read(self) -> tuple[list[_Node], list[float]]:
        """Give the piece's nodes and its leaves' values from the left."""
        nodes: list[_Node] = []
        found: list[float] = []
        self._walk(0, self.top == 0, nodes, found)
        return nodes, found

    def _walk(self, node: int, is_inside: bool, nodes: list[_Node], found: list[float]) -> None:
        tree = self.tree
        if tree.feature[node] < 0 or not (is_inside or node in self.ancestors):
            found.append(tree.value[node] if is_inside else 0.0)
            return
        left, first = tree.child[node], len(found)
        self._walk(left, is_inside or left == self.top, nodes, found)
        gone = range(first, len(found))
        nodes.append(_Node(tree.feature[node], tree.nan_left[node], tree.threshold[node], gone))
        self._walk(left + 1, is_inside or left + 1 == self.top, nodes, found)


def _by_slot(values: list[float]) -> list[float]:
    """Give the values of leaves in the order of their words and slots."""
    placed = [0.0] * LEAVES
    for leaf, value in enumerate(values):
        word, bit = divmod(leaf, WORD)
        placed[word * WORD + ((((1 << bit) * SLOTS) & _ALL) >> 12)] = value
    return placed


def _pieces(tree: Tree) -> Iterator[_Piece]:
    """Cut a tree into pieces whose leaves, with one for each way off the path to them, fit."""
    leaves = [1] * len(tree.feature)
    for node in reversed(range(len(leaves))):
        if tree.feature[node] >= 0:
            leaves[node] = leaves[tree.child[node]] + leaves[tree.child[node] + 1]
    waiting: list[tuple[int, frozenset[int]]] = [(0, frozenset())]
    while waiting:
        node, above = waiting.pop()
        if leaves[node] + len(above) <= LEAVES:
            yield _Piece(tree, node, above)
        elif tree.feature[node] < 0:
            raise ValueError(f"a leaf {len(above)} nodes deep, expected at most {LEAVES - 1}")
        else:
            child = tree.child[node]
            waiting += [(child, above | {node}), (child + 1, above | {node})]
