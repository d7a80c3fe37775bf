"""Saved states come back as they were, and those that do not fit are refused in words."""

from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ingest.kernels.arrays import Flags, Floats, Floats32, Int32s, Int64s
from ingest.saved_state import GROWS, SAME, SavedState, pack, restored, unpack


class Everything(SavedState, frozen=True):
    """One field of each kind."""

    SCHEMA_VERSION = 3

    network: Annotated[str, SAME]
    speeds: Floats
    stack: Annotated[Int32s, GROWS]
    by_name: dict[str, Floats]
    rows: pa.Table
    words: dict[str, list[tuple[int, float]]]
    since: float | None


ROWS = pa.table({"id": ["a", "b"], "time": [1.0, 2.0]})


def everything(**changes: Any) -> Everything:
    fields: dict[str, Any] = {
        "network": "drawn", "speeds": np.array([[1.0, np.nan], [np.inf, -0.0]]),
        "stack": np.arange(4, dtype=np.int32), "by_name": {"a": np.ones(2), "b": np.zeros((2, 3))},
        "rows": ROWS, "words": {"p": [(1, 2.5)]}, "since": None,
    }  # fmt: skip
    return Everything(**(fields | changes))


def test_a_state_comes_back_as_it_was_and_its_arrays_can_be_written() -> None:
    was, now = everything(), everything(speeds=np.zeros((2, 2)), stack=np.zeros(0, np.int32))
    came = unpack(pack(was), now)
    assert (came.network, came.words, came.since) == ("drawn", {"p": [(1, 2.5)]}, None)
    np.testing.assert_array_equal(came.speeds, was.speeds)
    np.testing.assert_array_equal(came.stack, was.stack)
    np.testing.assert_array_equal(came.by_name["b"], was.by_name["b"])
    assert came.rows.equals(ROWS)
    assert all(a.flags.writeable for a in (came.speeds, came.stack, came.by_name["a"]))
    assert pack(came) == pack(was)


@pytest.mark.parametrize(
    ("was", "words"),
    [
        (everything(network="another"), "Everything.network: 'another', expected 'drawn'"),
        (everything(speeds=np.zeros((2, 3))), r"Everything.speeds: shape \(2, 3\), expected"),
        (everything(speeds=np.zeros(4)), r"Everything.speeds: shape \(4,\), expected \(2, 2\)"),
        (everything(speeds=np.zeros((2, 2), np.float32)), "an array of <f4, expected <f8"),
        (everything(stack=np.zeros((2, 2), np.int32)), r"shape \(2, 2\), expected \(4,\)"),
        (everything(by_name={"a": np.ones(2)}), r"arrays \['a'\], expected \['a', 'b'\]"),
        (
            everything(by_name={"a": np.ones(2), "b": np.zeros((3, 2))}),
            r"by_name\['b'\]: shape \(3, 2\)",
        ),
        (everything(rows=ROWS.select(["id"])), r"columns \['id'\], expected \['id', 'time'\]"),
        (everything(since="then"), "not such a state"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_by_its_field(was: Everything, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unpack(pack(was), everything())


def test_a_state_of_another_schema_version_is_refused_before_its_fields_are_looked_at() -> None:
    class Newer(SavedState, frozen=True):
        SCHEMA_VERSION = 4
        other: int

    with pytest.raises(ValueError, match="Everything: schema version 4, expected 3"):
        unpack(pack(Newer(1)), everything())


def test_a_state_without_one_of_the_fields_is_refused() -> None:
    class Less(SavedState, frozen=True):
        SCHEMA_VERSION = 3
        network: str

    with pytest.raises(ValueError, match="required field `speeds`"):
        unpack(pack(Less("drawn")), everything())


def test_bytes_that_end_too_soon_or_are_no_state_are_refused() -> None:
    data = pack(everything(by_name={"a": np.arange(2.0), "b": np.zeros((2, 3))}))
    for end in range(len(data)):
        with pytest.raises(ValueError, match="not such a state"):
            unpack(data[:end], everything())
    for other in (b"nonsense", msgspec.msgpack.encode({"version": 99})):
        with pytest.raises(ValueError, match="not such a state"):
            unpack(other, everything())


class Numbers(SavedState, frozen=True):
    """Arrays of the types that objects keep."""

    SCHEMA_VERSION = 1

    floats: Floats
    halves: Floats32
    longs: Int64s
    flags: Flags
    raw: npt.NDArray[np.uint8]


class RawNumbers(Numbers, frozen=True):
    """The same, stored as they are."""

    IS_COMPRESSED = False


@pytest.mark.parametrize("kind", [Numbers, RawNumbers])
@given(
    shape=hnp.array_shapes(min_dims=1, min_side=0, max_side=30),
    seed=st.integers(0, 2**32 - 1),
)
def test_arrays_of_every_shape_and_layout_come_back(
    kind: type[Numbers], shape: tuple[int, ...], seed: int
) -> None:
    numbers = np.random.default_rng(seed).normal(0, 100, shape)
    was = kind(
        np.asfortranarray(numbers), numbers.astype(np.float32), numbers.astype(np.int64).T,
        numbers > 0, numbers.astype(np.int8).view(np.uint8),
    )  # fmt: skip
    came = unpack(pack(was), was)
    for name in kind.__struct_fields__:
        np.testing.assert_array_equal(getattr(came, name), getattr(was, name))


def test_zeros_take_little_room_where_states_are_compressed() -> None:
    zeros = np.zeros(100_000)
    none = np.zeros(0)
    plain, small = (
        kind(zeros, none.astype(np.float32), none.astype(np.int64), none > 0, none.view(np.uint8))
        for kind in (RawNumbers, Numbers)
    )
    assert len(pack(plain)) > zeros.nbytes
    assert not unpack(pack(plain), plain).floats.flags.writeable
    assert len(pack(small)) < 1000


class Count:
    """Remembers how often it was called."""

    class Memory(SavedState, frozen=True):
        """The count."""

        SCHEMA_VERSION = 1
        number: int

    def __init__(self) -> None:
        self.number = 0

    def snapshot(self) -> bytes:
        """Give the count."""
        return pack(self.Memory(self.number))

    def restore(self, data: bytes) -> None:
        """Take up a count."""
        self.number = unpack(data, self.Memory(self.number)).number


def test_a_restored_copy_leaves_the_object_as_it_was() -> None:
    seven = Count()
    seven.number = 7
    fresh = Count()
    assert restored(fresh, seven.snapshot()).number == 7
    assert fresh.number == 0
    with pytest.raises(ValueError, match="Memory"):
        restored(fresh, b"")
