"""The layers: the stack's own, and gone with it."""

from __future__ import annotations

from local.tools import template

LAYERS = template.resources("AWS::Serverless::LayerVersion")


def test_layers_are_named_after_their_stack() -> None:
    """Two stacks of an account would number the versions of one layer, and delete each other's."""
    names = {layer: made.get("LayerName") for layer, made in LAYERS.items()}

    assert names == {
        "DependenciesLayer": {"Fn::Sub": "${AWS::StackName}-dependencies"},
        "TongyiLayer": {"Fn::Sub": "${AWS::StackName}-tongyi"},
    }


def test_layers_of_earlier_deployments_are_not_kept() -> None:
    assert {layer for layer, made in LAYERS.items() if made["RetentionPolicy"] != "Delete"} == set()
