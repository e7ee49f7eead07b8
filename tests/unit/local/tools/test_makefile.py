"""What a user gives to make arrives as it was typed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.stack.processes import ROOT

# Runs inside the real Makefile and prints what a recipe's command finds in its environment.
NAMES = ("DEMO_PROMPT", "DEMO_N", "DEMO_STYLE", "KEY_NAME", "DEMO_FILE")
SHOW = f"""include Makefile
show: ; @printf "{"%s|" * len(NAMES)}" {" ".join(f'"$${name}"' for name in NAMES)}
"""


def show(*arguments: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    outcome = subprocess.run(
        ["make", "--no-print-directory", "--file", "-", "show", *arguments],
        input=SHOW,
        env={**clean, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return outcome.stdout


@pytest.mark.parametrize(
    "prompt",
    [
        'it\'s a "cat"',
        "$(shell touch pwned) ${HOME} $$ $x $(",
        "`id`; rm -rf / # & | > < * ? [a] {b} ~ ! \\",
        "一只奔跑的猫,水墨画",
        "two\nlines",
        "a=b := c",
        "%",
    ],
)
def test_make_passes_a_prompt_untouched(prompt: str) -> None:
    given = (f"PROMPT={prompt}", "N=2", "STYLE=<sketch>", "NAME=alice", f"FILE={prompt}")

    assert show(*given) == f"{prompt}|2|<sketch>|alice|{prompt}|"


@settings(max_examples=15)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_make_passes_any_text_untouched(prompt: str) -> None:
    # make strips white space at the start of a value; \r is changed by the test's own text mode.
    typed = prompt.strip().replace("\r", "")
    assert show(f"PROMPT={typed}").split("||||")[0] == typed


def test_make_ignores_variables_of_the_shell_itself() -> None:
    assert show(PROMPT="%n@%m", NAME="host", N="9", STYLE="x", FILE="y") == "|||||"


def test_help_names_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    ).stdout
    for target in ("demo", "test", "check", "up", "down", "key", "lock", "build", "clean", "bench", "help"):
        assert f"\n{target}:" in text
        assert f"make {target} " in shown


def test_down_needs_no_environment(tmp_path: Path) -> None:
    command = ["python3", "-S", "-m", "local.stack.background", "down"]
    (tmp_path / "local").symlink_to(ROOT / "local")
    subprocess.run(command, cwd=tmp_path, check=True, timeout=300)
