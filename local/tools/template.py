"""`template.yaml` as data, for whatever takes names, routes and settings from what is deployed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import yaml

from local.stack import processes

ROOT = processes.ROOT
TEMPLATE = ROOT / "template.yaml"
FUNCTION = "AWS::Serverless::Function"
STATE_MACHINE = "AWS::Serverless::StateMachine"
_SUBSTITUTE = re.compile(r"\$\{([^}]+)\}")

Names = Mapping[str, str]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as their long forms."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".") if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(cast(yaml.MappingNode, node), deep=True)}


_Loader.add_multi_constructor("!", _tag)


@lru_cache(maxsize=1)
def load() -> dict[str, Any]:
    """The whole template."""
    loaded: dict[str, Any] = _Loader(TEMPLATE.read_text(encoding="utf-8")).get_single_data()
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Logical id and properties of each resource of that type."""
    found = load()["Resources"].items()
    return {name: made.get("Properties", {}) for name, made in found if made["Type"] == kind}


def defaults() -> dict[str, str]:
    """The parameters' default values."""
    return {name: str(given["Default"]) for name, given in load()["Parameters"].items()}


def resolve(value: Any, names: Names) -> Any:
    """`value` with Ref, Fn::Sub, Fn::GetAtt and Fn::If replaced; `names` has ids and `Id.Attribute`s."""
    if isinstance(value, list):
        return [resolve(part, names) for part in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return names[value["Ref"]]
    if "Fn::GetAtt" in value:
        return names[".".join(value["Fn::GetAtt"])]
    if "Fn::Sub" in value:
        return _SUBSTITUTE.sub(lambda found: names[found[1]], value["Fn::Sub"])
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        return resolve(yes if _holds(condition, names) else no, names)
    return {name: resolve(part, names) for name, part in value.items()}


def _holds(condition: str, names: Names) -> bool:
    left, right = resolve(load()["Conditions"][condition]["Fn::Equals"], names)
    return bool(left == right)


def environment(function: str, names: Names) -> dict[str, str]:
    """The environment variables that the template gives a function."""
    shared = load()["Globals"]["Function"]["Environment"]["Variables"]
    own = resources(FUNCTION)[function]["Environment"]["Variables"]
    return {name: str(resolve(value, names)) for name, value in {**shared, **own}.items()}


def routes() -> dict[tuple[str, str], tuple[str, str]]:
    """Function and authorizer of each (method, path)."""
    default = {"Authorizer": resources("AWS::Serverless::Api")["Api"]["Auth"]["DefaultAuthorizer"]}
    found = {}
    for function, properties in resources(FUNCTION).items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "Api":
                asked = event["Properties"]
                found[asked["Method"].upper(), asked["Path"]] = (
                    function,
                    asked.get("Auth", default)["Authorizer"],
                )
    return found
