from streams import topics
from streams.agents import detect, match
from streams.stages.estimate_inputs import INPUTS


def test_each_stage_reads_the_topics_whose_places_can_be_seen_and_moved():
    assert topics.STAGE_INPUTS["match"] == match.INPUTS
    assert topics.STAGE_INPUTS["estimate"] == tuple(INPUTS)
    assert topics.STAGE_INPUTS["detect"] == detect.INPUTS
    read = [topic for inputs in topics.STAGE_INPUTS.values() for topic in inputs]
    assert len(set(read)) == len(read)
