"""layers/build.py: what is chosen for which machine, and what a layer is made of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from layers import build
from local.processes import ROOT

HERE = "{}.{}".format(*sys.version_info)


@pytest.fixture(autouse=True)
def _nothing_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAYER_PYTHON", "LAYER_PLATFORM", "LAYER_SHARED"):
        monkeypatch.delenv(name, raising=False)


def test_platform_options_are_those_of_the_runtime() -> None:
    options = build.platform_options()
    assert options[:4] == ["--implementation", "cp", "--python-version", "3.13"]
    platforms = [value for value in options if value.endswith("_aarch64")]
    assert platforms[0] == "manylinux2014_aarch64"
    assert "manylinux_2_28_aarch64" in platforms


def test_platform_options_follow_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYER_PYTHON", "3.12")
    monkeypatch.setenv("LAYER_PLATFORM", "manylinux2014_x86_64")
    options = build.platform_options()
    assert "3.12" in options
    assert "manylinux_2_28_x86_64" in options


def test_platform_options_are_none_for_the_native_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYER_PYTHON", "native")
    assert build.platform_options() == []
    assert build.layer_python() == HERE


def test_find_python_passes_over_one_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho not active >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert build.find_python("3.99") is None
    assert build.find_python("3.98") is None
    assert build.find_python(HERE) == sys.executable


def test_compile_bytecode_is_used_without_a_look_at_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYER_PYTHON", "native")
    source = tmp_path / "module.py"
    source.write_text("answer = 42\n")
    build.compile_bytecode(tmp_path)
    source.write_text("answer = 'changed'\n")
    command = [sys.executable, "-c", "import module; print(module.answer, module.__spec__.cached)"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout.startswith("42 ")


def test_compile_bytecode_without_that_python_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAYER_PYTHON", "3.99")
    build.compile_bytecode(tmp_path)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_point_to_puts_the_shared_directory_first(tmp_path: Path) -> None:
    home = tmp_path / "it's shared"
    home.mkdir()
    (home / "only_there.py").touch()
    build.point_to(tmp_path / "python", home)
    site = tmp_path / "python" / "lib" / f"python{HERE}" / "site-packages"
    code = f"import site, sys; site.addsitedir({str(site)!r}); import only_there; print(sys.path[0])"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert shown.stdout.strip() == str(home)


def test_prune_keeps_what_functions_use(tmp_path: Path) -> None:
    for path in ("bin/x", "certifi/tests/t.py", "a.dist-info/RECORD", "a.dist-info/METADATA"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    for service in ("s3", "ec2"):
        (tmp_path / "botocore" / "data" / service).mkdir(parents=True)
    (tmp_path / "botocore" / "data" / "endpoints.json").touch()
    build.prune(tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()}
    assert left == {"a.dist-info/METADATA", "botocore/data/endpoints.json"}
    assert [path.name for path in (tmp_path / "botocore/data").iterdir() if path.is_dir()] == ["s3"]


def test_services_hold_every_client_of_the_package() -> None:
    package = ROOT / "layers" / "tongyi" / "tongyi"
    text = "".join(path.read_text() for path in package.rglob("*.py"))
    named = set(re.findall(r"""(?:client|resource)\(\s*["']([a-z0-9-]+)["']""", text))
    assert named
    assert named <= build.SERVICES


def test_tongyi_layer_is_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYER_PYTHON", "native")
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    command = ["make", "--silent", "--makefile", str(ROOT / "layers/tongyi/Makefile"), "build-TongyiLayer"]
    subprocess.run([*command, f"PYTHON={sys.executable}"], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "python" / "tongyi" / "__init__.py").exists()
    assert list((tmp_path / "python" / "tongyi" / "__pycache__").glob("*.pyc"))
