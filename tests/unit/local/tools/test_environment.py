"""The virtual environments: made when something changed, repaired, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.tools import environment


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an empty lock, so that nothing is downloaded."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("")
    (tmp_path / ".venv").mkdir()
    return tmp_path


def test_check_python_names_both_versions() -> None:
    with pytest.raises(environment.SetupError, match=r"3\.11 or newer is needed, this is 3\.10\.2"):
        environment.check_python((3, 10, 2))


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1)])
def test_check_python_accepts_newer_ones(version: tuple[int, ...]) -> None:
    environment.check_python(version)


def test_fingerprint_follows_the_lock_and_the_place(tmp_path: Path) -> None:
    lock = tmp_path / "dev.txt"
    lock.write_text("a==1\n")
    before = environment.fingerprint(lock, tmp_path / "a")
    assert environment.fingerprint(lock, tmp_path / "a") == before
    assert environment.fingerprint(lock, tmp_path / "b") != before
    lock.write_text("a==2\n")
    assert environment.fingerprint(lock, tmp_path / "a") != before


def test_ensure_makes_once_and_repairs_what_was_interrupted(project: Path) -> None:
    directory = environment.ensure("dev", project)
    assert (directory / "bin" / "python").exists()
    trace = directory / "trace"
    trace.touch()
    environment.ensure("dev", project)
    assert trace.exists(), "a ready environment was made again"
    (directory / ".ready").unlink()
    environment.ensure("dev", project)
    assert not trace.exists(), "an unfinished environment was kept"


def test_ensure_fails_with_a_way_out(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "requirements" / "dev.txt").write_text("no-such-package-at-all\n")
    with pytest.raises(environment.SetupError, match="run the same command again"):
        environment.ensure("dev", project)
    assert not (project / ".venv" / "dev" / ".ready").exists()


def test_locks_name_no_index_and_no_path() -> None:
    locks = [
        *(environment.ROOT / "requirements").glob("*.txt"),
        environment.ROOT / "layers/dependencies/requirements.txt",
    ]
    assert len(locks) == 5
    for lock in locks:
        lines = lock.read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("-") or " @ " in line]
        assert [line for line in lines if "--hash=sha256:" in line]


def test_dev_has_the_versions_of_the_layer() -> None:
    def pins(path: str) -> set[str]:
        lines = (environment.ROOT / path).read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line}

    assert pins("layers/dependencies/requirements.txt") <= pins("requirements/dev.txt")
