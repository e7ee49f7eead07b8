"""What lies in the repository: no secrets, and two READMEs that say the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.tools import template

# Built or downloaded, never part of the repository (see .gitignore).
ELSEWHERE = {".git", ".venv", ".aws-sam", ".local", "out", "__pycache__"}
CACHES = re.compile(r"\.\w+_cache|\.hypothesis|\.coverage.*|\.python-version")
SECRETS = {
    "a DashScope or OpenAI key": re.compile(r"\bsk-(?:[a-z]+-)?[A-Za-z0-9]{20,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "an Alibaba Cloud access key": re.compile(r"\bLTAI[A-Za-z0-9]{12,}"),
    "a key of this gateway": re.compile(r"\btg-[A-Za-z0-9_-]{43}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token of a code host": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20})"),
}
# Made up, and cut in two so that this file holds none itself.
SAMPLES = {
    "a DashScope or OpenAI key": "sk-" + "0123456789abcdef" * 2,
    "an AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "an Alibaba Cloud access key": "LTAI" + "5tAbcdefghijklmn",
    "a key of this gateway": "tg-" + "abcdefghijk_mnopqrstuvwxyz-ABCDEFGHIJ012345",
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "a token of a code host": "ghp_" + "0123456789abcdefghij0123456789abcdef",
}
FENCE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)\s*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) +\S", re.MULTILINE)
COMMAND = re.compile(r"\bmake [a-z]+(?:-[a-z]+)*\b")


def test_deployment_opens_no_route_unless_it_is_told_to() -> None:
    """Neither where samconfig.toml is used, nor where parameters on the command line take its place."""
    settings = tomllib.loads((template.ROOT / "samconfig.toml").read_text(encoding="utf-8"))

    assert settings["default"]["deploy"]["parameters"]["parameter_overrides"].split() == ["OpenRoutes=false"]
    assert template.defaults()["OpenRoutes"] == "false"


def test_repository_holds_no_secret() -> None:
    found = [
        f"{path.relative_to(template.ROOT)}: {what}"
        for path in _files()
        for what, form in SECRETS.items()
        if form.search(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert found == []


@pytest.mark.parametrize("what", SECRETS)
def test_secret_is_known_when_seen(what: str) -> None:
    assert SECRETS[what].search(f'key = "{SAMPLES[what]}"')


def test_search_for_secrets_sees_what_ships() -> None:
    seen = {path.relative_to(template.ROOT).as_posix() for path in _files()}

    assert seen >= {"template.yaml", "functions/chat/app.py", "events/env.json", "pyproject.toml"}


def test_readmes_have_the_same_headings() -> None:
    english, chinese = _levels("README.md"), _levels("README.zh.md")

    assert english == chinese
    assert len(english) > 3


def test_readmes_name_the_same_commands() -> None:
    english, chinese = (set(COMMAND.findall(_text(name))) for name in ("README.md", "README.zh.md"))

    assert english == chinese
    assert english >= {"make demo", "make test"}


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_names_no_command_that_is_missing(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (template.ROOT / "Makefile").read_text(encoding="utf-8"), re.M))

    assert {command.removeprefix("make ") for command in COMMAND.findall(_code(name))} <= targets


def _files() -> Iterator[Path]:
    """Every file of the repository, found without git, which an unpacked archive has not."""
    folders = [template.ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if path.name in ELSEWHERE or CACHES.fullmatch(path.name):
                continue
            # A developer's own environment may be called anything.
            if path.is_dir() and not (path / "pyvenv.cfg").exists():
                folders.append(path)
            elif path.is_file():
                yield path


def _levels(name: str) -> list[int]:
    """The depth of each heading, in order; what looks like one inside a code block is none."""
    return [len(marks) for marks in HEADING.findall(FENCE.sub("", _text(name)))]


def _code(name: str) -> str:
    """The blocks and words that are set as code."""
    text = _text(name)
    return "\n".join([*FENCE.findall(text), *re.findall(r"`[^`\n]+`", FENCE.sub("", text))])


def _text(name: str) -> str:
    return (template.ROOT / name).read_text(encoding="utf-8")
