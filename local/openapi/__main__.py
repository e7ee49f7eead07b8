"""Writes docs/openapi.yaml."""

from pathlib import Path

import yaml

from local.openapi.document import document
from local.stack.processes import ROOT

TARGET = ROOT / "docs" / "openapi.yaml"
HEAD = "# Made from the code by `make openapi`. Change the code, not this file.\n"


class _Dumper(yaml.SafeDumper):
    """Writes a thing that occurs twice twice, and long texts as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def written() -> str:
    """The document as it stands in the file."""
    return HEAD + yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def main(target: Path = TARGET) -> None:
    """Writes the file."""
    target.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
