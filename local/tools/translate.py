"""Prints what SAM makes of a template: `python -m local.tools.translate template.yaml [Parameter=value ..]`.

The linters see little of a SAM template; most of what is deployed is in its translation. Runs in the sam
environment, whose translator is the one that deploys.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# A region must be named for the translator to know the partition; nothing is asked of AWS.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def translate(template: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The CloudFormation template that a SAM template stands for, with these parameters or their defaults.

    Local code is left where it is: as the translator wants places in S3, made-up ones are named.
    """
    document: dict[str, Any] = yaml_parse(template.read_text())
    for resource in document["Resources"].values():
        _name_places(resource)
    translated: dict[str, Any] = Translator({}, Parser()).translate(document, dict(parameters))
    return translated


def _name_places(resource: dict[str, Any]) -> None:
    names = {
        "AWS::Serverless::Function": "CodeUri",
        "AWS::Serverless::LayerVersion": "ContentUri",
        "AWS::Serverless::StateMachine": "DefinitionUri",
    }
    name = names.get(resource["Type"])
    if name in resource.get("Properties", {}):
        resource["Properties"][name] = {"Bucket": "artifacts", "Key": "artifact"}


if __name__ == "__main__":
    # It warns that a feature toggle of AWS's own is not there.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    given = dict(argument.split("=", 1) for argument in sys.argv[2:])
    print(json.dumps(translate(Path(sys.argv[1]), given), indent=1))
