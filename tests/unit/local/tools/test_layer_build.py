"""layers/build.py: what is chosen for which machine, and what a layer is made of."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from layers import build
from local.stack.processes import ROOT

HERE = "{}.{}".format(*sys.version_info)


@pytest.fixture(autouse=True)
def _nothing_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAYER_PYTHON", "LAYER_PLATFORM", "LAYER_SHARED", "LAYER_BYTECODE"):
        monkeypatch.delenv(name, raising=False)


def test_platform_options_are_those_of_the_runtime() -> None:
    options = build.platform_options()
    assert options[:4] == ["--implementation", "cp", "--python-version", "3.13"]
    # An older pip would hold the requirements of packages against the interpreter that runs it.
    assert "--ignore-requires-python" in options
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
    build.compile_bytecode(tmp_path, build.find_compiler())
    source.write_text("answer = 'changed'\n")
    command = [sys.executable, "-c", "import module; print(module.answer, module.__spec__.cached)"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300)
    assert shown.stdout.startswith("42 ")


@pytest.mark.parametrize("layer", ["dependencies", "tongyi"])
def test_layer_without_the_python_of_the_runtime_is_refused_before_anything_is_made(
    layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.setenv("LAYER_PYTHON", "3.99")

    assert build.main([layer]) == 1

    said = capsys.readouterr().err
    assert [word for word in ("python3.99", HERE, "LAYER_BYTECODE=optional") if word not in said] == []
    assert list(tmp_path.iterdir()) == []


def test_layer_without_that_python_is_built_where_bytecode_is_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.setenv("LAYER_PYTHON", "3.99")
    monkeypatch.setenv("LAYER_BYTECODE", "optional")

    assert build.main(["tongyi"]) == 0

    assert (tmp_path / "python" / "tongyi" / "__init__.py").exists()
    assert list(tmp_path.rglob("*.pyc")) == []
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_bytecode_is_required_or_optional_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A switch that is misspelt must not pass for the other one."""
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.setenv("LAYER_BYTECODE", "option")

    assert build.main(["tongyi"]) == 1
    assert "LAYER_BYTECODE" in capsys.readouterr().err


def test_bytecode_is_made_by_the_python_of_the_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This interpreter plays it, under its name."""
    tools, made = tmp_path / "bin", tmp_path / "made"
    tools.mkdir()
    named = tools / "python3.99"
    answer = 'test "$1" = -c && echo 3.99 && exit'
    named.write_text(f'#!/bin/sh\n{answer}\nexec "{sys.executable}" "$@"\n')
    named.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setenv("ARTIFACTS_DIR", str(made))
    monkeypatch.setenv("LAYER_PYTHON", "3.99")

    assert build.main(["tongyi"]) == 0
    assert list((made / "python" / "tongyi" / "__pycache__").glob("*.pyc"))


def test_script_is_read_by_the_oldest_python_that_sam_may_call() -> None:
    """`sam build` calls the python3 on PATH, and macOS has 3.9. Annotations of a newer form must stay unread."""
    source = Path(build.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))

    later = [
        node.names for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    assert [name.name for names in later for name in names] == ["annotations"]


def test_point_to_puts_the_shared_directory_first(tmp_path: Path) -> None:
    home = tmp_path / "it's shared"
    home.mkdir()
    (home / "only_there.py").touch()
    build.point_to(tmp_path / "python", home)
    site = tmp_path / "python" / "lib" / f"python{HERE}" / "site-packages"
    code = f"import site, sys; site.addsitedir({str(site)!r}); import only_there; print(sys.path[0])"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
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
    subprocess.run([*command, f"PYTHON={sys.executable}"], cwd=tmp_path, check=True, timeout=300)
    assert (tmp_path / "python" / "tongyi" / "__init__.py").exists()
    assert list((tmp_path / "python" / "tongyi" / "__pycache__").glob("*.pyc"))
