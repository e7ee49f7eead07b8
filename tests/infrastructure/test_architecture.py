"""docs/architecture.md names what is there, and all keys of the table."""

from __future__ import annotations

import re

from local.tools import template

DOCUMENT = (template.ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = template.ROOT / "layers" / "tongyi" / "tongyi"
# The first part of a key.
PREFIX = re.compile(r'"([A-Z]+)#')


def test_document_names_no_file_that_is_missing() -> None:
    named = set(re.findall(r"`((?:[\w.]+/)+[\w.]+\.(?:py|json))`", DOCUMENT)) - {"functions/<name>/app.py"}

    assert len(named) > 30
    assert (
        sorted(name for name in named if not any((r / name).exists() for r in (PACKAGE, template.ROOT))) == []
    )


def test_document_names_every_folder_of_the_package() -> None:
    folders = [path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("__init__.py")]

    assert [str(path) for path in folders if path.name and f"{path.name}/`" not in DOCUMENT] == []


def test_document_names_every_key_of_the_table() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "gateways" / "dynamodb").rglob("*.py"))
    )
    prefixes = set(PREFIX.findall(code))

    assert prefixes >= {"TASK", "OWNER", "FILE", "CHUNK", "UNFINISHED"}
    assert sorted(prefix for prefix in prefixes if f"`{prefix}#" not in DOCUMENT) == []
