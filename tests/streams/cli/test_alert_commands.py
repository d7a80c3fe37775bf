"""Commands in a terminal: one for each action, and what is wrong is said before it is sent."""

from typing import get_args

import pytest
from click.testing import CliRunner

from incidents.case_records import Action
from streams.cli.alerts import NAMES, alerts


def test_each_action_has_its_command() -> None:
    assert sorted(action for action, _, _ in NAMES.values()) == sorted(get_args(Action))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dismiss", "d1"], "Missing option '--as'"),
        (["dismiss", "d1", "--as", "boring"], "'false', 'duplicate', 'known', 'test'"),
        (["suppress", "d1"], "Missing option '--until'"),
        (["ack"], "Missing argument 'ID'"),
        (["create", "--severity", "5"], "1<=x<=4"),
    ],
)
def test_what_is_wrong_is_said_before_it_is_sent(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(alerts, arguments)
    assert done.exit_code == 2 and says in done.output
