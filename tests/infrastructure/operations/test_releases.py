"""A deployment changes what callers reach at once: by an alias, moved when code and layers are both there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from local.tools import template

FUNCTIONS = template.resources(template.FUNCTION)
GLOBALS = template.load()["Globals"]["Function"]
LAYERS = template.resources("AWS::Serverless::LayerVersion")
PARAMETERS = set(template.load()["Parameters"])
# Not among what a version of a function has: what may call it, how much of it may run, and what it may call. Lambda
# refuses to publish a version in which nothing but the description is new.
ELSEWHERE = {"Events", "Policies", "VersionDescription", "LoggingConfig", "ReservedConcurrentExecutions"}
NAMED = re.compile(r"\$\{([^}]+)\}")


def test_functions_are_published_under_one_alias() -> None:
    some = {name for name, made in FUNCTIONS.items() if made.get("AutoPublishAliasAllProperties") is not True}

    assert GLOBALS["AutoPublishAlias"] == "live"
    assert some == set(), "published for some of their changes only"
    assert {name for name, made in FUNCTIONS.items() if "AutoPublishAlias" in made} == set()


def test_layer_alone_publishes_its_functions_too() -> None:
    """SAM compares a layer's own properties only where it is told to."""
    assert {layer for layer, made in LAYERS.items() if made.get("PublishLambdaVersion") is not True} == set()


def test_version_has_the_values_of_all_parameters_of_its_function() -> None:
    """SAM compares a template's text, in which a parameter's value does not show: the alias would stay behind."""
    wrong = {
        name: sorted(set(NAMED.findall(made["VersionDescription"]["Fn::Sub"])) ^ set(_parameters(made)))
        for name, made in FUNCTIONS.items()
    }

    assert {name: difference for name, difference in wrong.items() if difference} == {}


def test_nothing_names_a_function_past_its_alias() -> None:
    resources = template.load()["Resources"]
    past = {
        (name, function)
        for name, made in resources.items()
        for function in _references(made)
        if function.partition(".")[0] in FUNCTIONS and not function.endswith(".Alias")
    }

    assert past == set()


def _parameters(made: dict[str, Any]) -> Iterator[str]:
    """The parameters that a version of the function depends on, over conditions too."""
    own = {name: value for name, value in made.items() if name not in ELSEWHERE}
    for name in _references([own, GLOBALS]):
        if name in PARAMETERS:
            yield name


def _references(value: Any) -> Iterator[str]:
    """What Ref, Fn::GetAtt, Fn::Sub and conditions name, at any depth."""
    if isinstance(value, dict):
        for kind, part in value.items():
            yield from NAMES[kind](part) if kind in NAMES else ()
    for part in _parts(value):
        yield from _references(part)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


NAMES: dict[str, Callable[[Any], Iterable[str]]] = {
    "Ref": lambda named: [named],
    "Fn::GetAtt": lambda named: [".".join(named)],
    "Fn::Sub": lambda text: NAMED.findall(str(text)),
    "Fn::If": lambda parts: _references(template.load()["Conditions"][parts[0]]),
}
