"""The arrays that an object remembers as bytes and back, for snapshots."""

from collections.abc import Sequence

import numpy as np

from congestion.packing import pack, unpack

SCHEMA_VERSION = 1
_VERSION = "schema_version"


def pack_fields(owner: object, names: Sequence[str]) -> bytes:
    """Give the named arrays and whole numbers of an object as bytes, with a schema version."""
    arrays = {name: np.asarray(getattr(owner, name)) for name in names}
    return pack({_VERSION: np.array(SCHEMA_VERSION), **arrays})


def unpack_fields(owner: object, names: Sequence[str], data: bytes) -> None:
    """Set what pack_fields() gave.

    Raises ValueError where the bytes are of another schema version, lack a field, or hold arrays
    of another shape than the object has.
    """
    stored = unpack(data)
    version = int(stored.get(_VERSION, np.array(0)))
    if version != SCHEMA_VERSION:
        raise ValueError(f"snapshot version {version}, expected {SCHEMA_VERSION}")
    fresh = {}
    for name in names:
        if name not in stored:
            raise ValueError(f"snapshot has no field {name!r}")
        now, then = np.asarray(getattr(owner, name)), stored[name]
        if now.shape != then.shape:
            raise ValueError(f"snapshot field {name!r} is {then.shape}, expected {now.shape}")
        fresh[name] = int(then) if then.ndim == 0 else then
    for name, value in fresh.items():
        setattr(owner, name, value)
