"""Response plans: read from TOML, the first that fits is proposed, the approved one stays."""

from pathlib import Path

import pytest

from incidents.response.plans import PlanError, load_plans, plan_for
from tests.incidents.response.town import case

TEXT = """
[[plan]]
name = "crash on Long Street"
causes = ["incident"]
severity = 3
roads = ["Long Street"]
steps = ["close the lane", "send the tow truck"]
sends = ["tow-1"]

[[plan]]
name = "any crash"
causes = ["incident"]
steps = ["send a patrol"]
"""


def plans_of(folder: Path, text: str = TEXT):
    (folder / "plans.toml").write_text(text)
    return load_plans(folder / "plans.toml")


def test_the_first_plan_that_fits_is_proposed(tmp_path: Path) -> None:
    plans = plans_of(tmp_path)
    names = [
        (plan_for(case(severity=severity, road_name=road, cause=cause), plans) or plans[0]).name
        for severity, road, cause in (
            (3, "Long Street", "incident"), (2, "Long Street", "incident"),
            (4, "Short Street", "incident"),
        )
    ]  # fmt: skip
    assert names == ["crash on Long Street", "any crash", "any crash"]
    assert plan_for(case(cause="demand"), plans) is None


def test_a_plan_that_is_approved_stays_whatever_the_case_becomes(tmp_path: Path) -> None:
    plans = plans_of(tmp_path)
    approved = plan_for(case(cause="demand", plan="any crash"), plans)
    assert approved is not None and approved.name == "any crash"
    assert plan_for(case(plan="of another file"), plans) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plan = 5", "plan"),
        ('[[plan]]\nname = "a"\nsteps = []\n', "steps"),
        ('[[plan]]\nname = "a"\nsteps = ["b"]\ncauses = ["rain"]\n', "causes"),
        ('[[plan]]\nname = "a"\nsteps = ["b"]\narea = [2.0, 1.0, 1.0, 2.0]\n', "expected west"),
        ('[[plan]]\nname = "a"\nsteps = ["b"]\n' * 2, "plan 'a' is there twice"),
        ("[[plan", "plans.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        plans_of(tmp_path, text)
    with pytest.raises(PlanError, match=r"nowhere\.toml"):
        load_plans(tmp_path / "nowhere.toml")
