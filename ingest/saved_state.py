"""What an object remembers, as bytes that outlive its process, and back: one way for all of them.

An object with memory names its fields in a `SavedState` and has two methods: `snapshot` packs what
it remembers now, `restore` unpacks and takes it up. A restore that fails changes nothing: it checks
everything first, then sets attributes, and never writes into arrays that the object already has.
"""

import copy
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
import pyarrow as pa

SAME = "same"
"""Marks a field by which states of other networks or devices are known: it must be equal."""
GROWS = "grows"
"""Marks an array whose first dimension may be longer or shorter than it is now."""

_LEAST_COMPRESSED_BYTES = 1024
"""Smaller arrays are stored as they are. Unit: byte. Source: chosen, below it little is saved."""


class SavedState(msgspec.Struct, frozen=True):
    """Named fields of what an object remembers.

    A field is an array (its dtype is that of the annotation), an Arrow table, the snapshot of
    another object (`bytes`), or anything else that msgspec decodes from its annotation. Arrays and
    dicts of arrays keep their shapes and keys, unless the field is marked. SCHEMA_VERSION grows
    with every change of the fields or of their meaning. Where IS_COMPRESSED is False, arrays are
    stored as they are and come back read-only, for an object that copies them in any case: that
    takes less time and more room.
    """

    SCHEMA_VERSION: ClassVar[int]
    IS_COMPRESSED: ClassVar[bool] = True


class Remembers(Protocol):
    """An object with memory."""

    def snapshot(self) -> bytes:
        """Give everything remembered."""

    def restore(self, data: bytes) -> None:
        """Take up a snapshot; raises ValueError, changing nothing, where it does not fit."""


State = TypeVar("State", bound=SavedState)
Owner = TypeVar("Owner", bound=Remembers)


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    schema_version: int
    state: Any


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    schema_version: int
    state: msgspec.Raw


class _Array(msgspec.Struct, frozen=True, array_like=True):
    """An array: numpy's name of its dtype, its shape, the codec (none: "") and its bytes."""

    dtype: str
    shape: tuple[int, ...]
    codec: str
    data: bytes


def pack(state: SavedState) -> bytes:
    """Give a state as bytes that `unpack` takes."""
    hook = _compressed if state.IS_COMPRESSED else _plain
    return msgspec.msgpack.encode(_Envelope(state.SCHEMA_VERSION, state), enc_hook=hook)


def unpack(data: bytes, now: State) -> State:
    """Give the state in the bytes, for the object whose present state is `now`.

    Raises ValueError where the bytes are no such state, of another schema version, lack a field,
    or hold arrays of another dtype or shape, tables of another schema, or other fixed values.
    """
    kind = type(now)
    name = kind.__name__.strip("_")
    try:
        sealed = msgspec.msgpack.decode(data, type=_Sealed)
        if sealed.schema_version != kind.SCHEMA_VERSION:
            raise ValueError(
                f"{name}: schema version {sealed.schema_version}, expected {kind.SCHEMA_VERSION}"
            )
        hook = _decoded if kind.IS_COMPRESSED else _viewed
        state = msgspec.msgpack.decode(sealed.state, type=kind, dec_hook=hook)
    except (msgspec.MsgspecError, pa.ArrowException, OSError) as error:
        raise ValueError(f"{name}: not such a state: {error}") from error
    for field, marks in _fields(kind).items():
        _check(f"{name}.{field}", marks, getattr(state, field), getattr(now, field))
    return state


def restored(owner: Owner, data: bytes) -> Owner:
    """Give a copy of an object that remembers what a snapshot says; the object stays as it was.

    Who owns several objects with memory restores copies of all of them before it takes up any.
    """
    heir = copy.copy(owner)
    heir.restore(data)
    return heir


@cache
def _fields(kind: type[SavedState]) -> dict[str, tuple[object, ...]]:
    """Give the marks of each field."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: get_args(hints[name])[1:] if get_origin(hints[name]) is Annotated else ()
        for name in kind.__struct_fields__
    }


def _check(name: str, marks: tuple[object, ...], then: Any, now: Any) -> None:
    if SAME in marks:
        if not (np.array_equal(then, now) if isinstance(now, np.ndarray) else then == now):
            raise ValueError(f"{name}: {_short(then)}, expected {_short(now)}")
    elif isinstance(now, np.ndarray):
        free = 1 if GROWS in marks else 0
        if then.ndim != now.ndim or then.shape[free:] != now.shape[free:]:
            raise ValueError(f"{name}: shape {then.shape}, expected {now.shape}")
    elif isinstance(now, pa.Table):
        if then.schema != now.schema:
            raise ValueError(f"{name}: columns {then.schema.names}, expected {now.schema.names}")
    elif isinstance(now, dict) and any(isinstance(value, np.ndarray) for value in now.values()):
        if then.keys() != now.keys():
            raise ValueError(f"{name}: arrays {sorted(then)}, expected {sorted(now)}")
        for key, value in now.items():
            _check(f"{name}[{key!r}]", marks, then[key], value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."


def _compressed(value: object) -> object:
    if isinstance(value, np.ndarray) and value.nbytes >= _LEAST_COMPRESSED_BYTES:
        data = _codec().compress(np.ascontiguousarray(value), asbytes=True)
        return _Array(value.dtype.str, value.shape, _CODEC, data)
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        data: Any = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data  # not copied
        return _Array(value.dtype.str, value.shape, "", data)
    if isinstance(value, pa.Table):
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression=_CODEC)
        with pa.ipc.new_stream(sink, value.schema, options=options) as writer:
            writer.write_table(value.combine_chunks())
        return memoryview(sink.getvalue())
    raise TypeError(f"a {type(value).__name__} in a saved state, expected an array or a table")


_CODEC = "zstd"


@cache
def _codec() -> pa.Codec:
    return pa.Codec(_CODEC, compression_level=1)


def _decoded(kind: Any, value: Any) -> Any:
    found = _viewed(kind, value)
    return found.copy() if isinstance(found, np.ndarray) else found


def _viewed(kind: Any, value: Any) -> Any:
    if kind is pa.Table:
        return pa.ipc.open_stream(value).read_all().combine_chunks()
    stored = msgspec.convert(value, _Array)
    dtype = np.dtype(get_args(get_args(kind)[1])[0])
    if stored.dtype != dtype.str:
        raise ValueError(f"an array of {stored.dtype}, expected {dtype.str}")
    size = dtype.itemsize * int(np.prod(stored.shape))
    data: Any = stored.data
    if stored.codec:
        data = _codec().decompress(data, decompressed_size=size)
    if len(memoryview(data)) != size:
        raise ValueError(f"{len(memoryview(data))} bytes, expected {size}")
    return np.frombuffer(data, dtype).reshape(stored.shape)
