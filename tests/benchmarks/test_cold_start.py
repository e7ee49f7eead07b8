"""What a cold start imports, and what the layers' bytecode saves: `make bench`.

Each import runs in a fresh interpreter, with and without bytecode in turn, so that both see the same machine; the
medians and their ratio are printed. Nothing is asserted about speed: another machine has other figures.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.tools import template

ROUNDS = 7
# Bare, then what each adds: the packages of decision 13, as the functions import them.
PACKAGES = {
    "Powertools: resolver and logger": "import aws_lambda_powertools.event_handler, aws_lambda_powertools",
    "pydantic": "import pydantic",
    "boto3, and a first client": "import boto3; boto3.client('dynamodb', region_name='us-east-1')",
    "requests": "import requests",
    "Pillow": "import PIL.Image, PIL.PngImagePlugin, PIL.JpegImagePlugin, PIL.WebPImagePlugin",
}
TIMER = "import time; start = time.perf_counter(); {}; print((time.perf_counter() - start) * 1000)"


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The two layers as they are deployed, built for this interpreter: with bytecode, and without."""
    compiled, plain = tmp_path_factory.mktemp("compiled"), tmp_path_factory.mktemp("plain")
    for layer in ("dependencies", "tongyi"):
        command = [sys.executable, str(template.ROOT / "layers" / "build.py"), layer]
        environment = {**os.environ, "ARTIFACTS_DIR": str(compiled), "LAYER_PYTHON": "native"}
        subprocess.run(command, env=environment, check=True)
    shutil.copytree(compiled, plain, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return {"compiled": compiled / "python", "plain": plain / "python"}


def test_bench_imports_of_packages(layers: Mapping[str, Path]) -> None:
    report("package", {name: (statement, ()) for name, statement in PACKAGES.items()}, layers)


def test_bench_imports_of_functions(layers: Mapping[str, Path]) -> None:
    functions = template.resources(template.FUNCTION)
    report(
        "function",
        {
            name: ("import app", (template.ROOT / properties["CodeUri"],))
            for name, properties in functions.items()
        },
        layers,
    )


def report(
    title: str, imports: Mapping[str, tuple[str, tuple[Path, ...]]], layers: Mapping[str, Path]
) -> None:
    """Measures and prints a table, in milliseconds."""
    print(f"\n{title:<34}{'no bytecode':>13}{'bytecode':>10}{'ratio':>7}")
    for name, (statement, folders) in imports.items():
        times: dict[str, list[float]] = {kind: [] for kind in layers}
        for _ in range(ROUNDS):
            for kind, layer in layers.items():
                times[kind].append(import_ms(statement, (layer, *folders)))
        plain, compiled = (statistics.median(times[kind]) for kind in ("plain", "compiled"))
        assert compiled > 0
        print(f"{name:<34}{plain:>10.0f} ms{compiled:>7.0f} ms{plain / compiled:>7.1f}")


def import_ms(statement: str, folders: tuple[Path, ...]) -> float:
    """Milliseconds that a statement takes in a fresh interpreter that writes no bytecode of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-s", "-c", TIMER.format(statement)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)
