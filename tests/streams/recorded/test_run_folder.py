"""A run's folder holds a whole run or nothing of it, and no run writes into another's things."""

from pathlib import Path

import pytest

from streams.outside_error import OutsideError
from streams.recorded.run_folder import RUN_FILE, check_run_folder, whole_run
from streams.whole_folder import FolderError


def test_files_come_to_stand_in_the_folder_when_all_are_written(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with whole_run(out) as half:
        (half / "alerts.jsonl").write_text("1\n")
        (half / RUN_FILE).write_text("{}")
        assert not (out / "alerts.jsonl").exists()
    assert sorted(path.name for path in out.iterdir()) == ["alerts.jsonl", RUN_FILE]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_run_that_is_broken_off_leaves_the_one_before(
    tmp_path: Path, error: BaseException
) -> None:
    (tmp_path / "alerts.jsonl").write_text("before\n")
    (tmp_path / RUN_FILE).write_text("{}")
    with pytest.raises((KeyboardInterrupt, OutsideError)) as raised, whole_run(tmp_path) as half:
        (half / "alerts.jsonl").write_text("half\n")
        raise error
    assert (tmp_path / "alerts.jsonl").read_text() == "before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alerts.jsonl", RUN_FILE]
    if isinstance(error, OSError):
        assert str(tmp_path) in str(raised.value) and "No space left" in str(raised.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideError, match="file/run"), whole_run(tmp_path / "file" / "run"):
        pass


def test_a_run_that_fails_leaves_no_folder_that_was_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_run(tmp_path / "runs" / "one"):
        raise ZeroDivisionError
    assert not any(tmp_path.iterdir())


def test_a_folder_of_something_else_is_refused_unless_told(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("")
    with pytest.raises(FolderError, match=r"holds thesis\.docx and no run"):
        check_run_folder(tmp_path, may_overwrite=False)
    check_run_folder(tmp_path, may_overwrite=True)


@pytest.mark.parametrize("name", [RUN_FILE, "segment_states.parquet"])
def test_an_older_run_may_be_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    check_run_folder(tmp_path, may_overwrite=False)
    check_run_folder(tmp_path / "new", may_overwrite=False)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(FolderError, match="a file, expected a folder"):
        check_run_folder(tmp_path / "out", may_overwrite=True)
