"""Which topics each stage reads: the names under which its states are saved."""

from collections.abc import Mapping

from streams.agents import detect, ingest, match
from streams.stages import estimate_inputs

STAGE_INPUTS: Mapping[str, tuple[str, ...]] = {
    **{f"ingest {topic}": (topic,) for topic in ingest.INPUTS},
    "match": match.INPUTS,
    "estimate": tuple(estimate_inputs.INPUTS),
    "detect": detect.INPUTS,
}
