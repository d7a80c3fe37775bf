"""Named arrays as bytes, for snapshots; no pickle in or out."""

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt


def pack(arrays: Mapping[str, npt.NDArray]) -> bytes:
    """Give the arrays as the bytes of a compressed npz file."""
    sink = io.BytesIO()
    np.savez_compressed(sink, **arrays)  # type: ignore[arg-type]
    return sink.getvalue()


def unpack(data: bytes) -> dict[str, npt.NDArray]:
    """Give back what pack() took."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
