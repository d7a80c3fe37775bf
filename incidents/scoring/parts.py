"""The parts of a run that a truth can judge."""

from typing import Literal, get_args

Part = Literal["matching", "speed", "incidents"]
PARTS: tuple[Part, ...] = get_args(Part)
