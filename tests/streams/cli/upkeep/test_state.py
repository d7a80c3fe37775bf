from streams.agents.inputs import STAGE_INPUTS
from streams.cli.upkeep.state import INPUT_TOPICS


def test_every_input_of_every_stage_can_be_moved():
    assert sorted(INPUT_TOPICS) == sorted(t for topics in STAGE_INPUTS.values() for t in topics)
