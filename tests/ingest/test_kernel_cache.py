"""Compiled kernels never outlive the sources they were compiled from."""

from pathlib import Path

from ingest.kernel_cache import kernel_digest


def test_a_change_in_any_kernel_file_moves_the_cache(tmp_path: Path) -> None:
    kernels = tmp_path / "congestion" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "called.py").write_text("speed = 1\n")
    before = kernel_digest(tmp_path)
    assert kernel_digest(tmp_path) == before
    (kernels / "called.py").write_text("speed = 2\n")
    assert kernel_digest(tmp_path) != before


def test_the_kernels_of_other_packages_beside_an_installed_one_are_not_read(tmp_path: Path) -> None:
    before = kernel_digest(tmp_path)
    foreign = tmp_path / "torch" / "kernels"
    foreign.mkdir(parents=True)
    (foreign / "matmul.py").write_text("speed = 1\n")
    assert kernel_digest(tmp_path) == before


def test_a_change_outside_the_kernels_leaves_the_cache(tmp_path: Path) -> None:
    (tmp_path / "congestion" / "kernels").mkdir(parents=True)
    before = kernel_digest(tmp_path)
    (tmp_path / "congestion" / "levels.py").write_text("speed = 1\n")
    assert kernel_digest(tmp_path) == before
