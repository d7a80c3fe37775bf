"""Saved states of stages: bytes that say of which version they are."""

from typing import Protocol, TypeVar

import msgspec


class Versioned(Protocol):
    """A state whose first field is the version of its layout."""

    @property
    def version(self) -> int:
        """The layout's version."""


State = TypeVar("State", bound=Versioned)


def decode_state(data: bytes, kind: type[State], version: int) -> State:
    """Give the state. Raises ValueError where the bytes are of another kind or version."""
    try:
        state = msgspec.msgpack.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"saved state of another kind: {error}") from error
    if state.version != version:
        raise ValueError(f"saved state of version {state.version}, expected {version}")
    return state
