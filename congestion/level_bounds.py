"""The bounds between levels of service, as their file names them."""

import tomllib
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

PROFILES = Path(__file__).parent / "shipped" / "levels.toml"


class LevelBounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Five bounds between six levels, and where they are from."""

    measure: Literal["ratio", "kmh", "delay_index"]
    source: str
    text_read: bool
    bounds: tuple[float, float, float, float, float] | None = None
    bounds_by_class: dict[str, tuple[float, float, float, float, float]] | None = None


Bounds = TypeVar("Bounds", bound=LevelBounds)


def read_bounds(name: str, path: Path, kind: type[Bounds]) -> Bounds:
    """Give the bounds of a name. Raises ValueError where the file has none of it or bad ones."""
    profiles = tomllib.loads(path.read_text(encoding="utf-8"))
    if name not in profiles:
        raise ValueError(f"level profile {name!r} is none of {', '.join(sorted(profiles))}")
    try:
        profile = msgspec.convert(profiles[name], type=kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path}: level profile {name!r}: {error}") from error
    if (profile.bounds_by_class if profile.measure == "kmh" else profile.bounds) is None:
        raise ValueError(f"{path}: level profile {name!r} has no bounds for {profile.measure}")
    return profile
