"""The tools a chat call offers, and the call of one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.standin.endpoints.chat.samples import sample
from local.standin.endpoints.fields import flag, text
from local.standin.errors import TOOL_CHOICES, invalid_parameter

Tool = Mapping[str, Any]


def chosen_tool(owner: Mapping[str, Any], prefix: str) -> Tool | None:
    """The function to call: the one `tool_choice` names, else the first; None when there is none to call.

    `prefix` is where the fields stand, for the messages: "parameters." or nothing.
    """
    flag(owner, "parallel_tool_calls", f"{prefix}parallel_tool_calls", False)
    functions = _functions(owner.get("tools"), f"{prefix}tools")
    choice = owner.get("tool_choice")
    if isinstance(choice, dict):
        return _named(choice, functions, f"{prefix}tool_choice")
    if choice not in (None, "auto", "none"):
        raise invalid_parameter(f"{prefix}tool_choice {TOOL_CHOICES}")
    return functions[0] if functions and choice != "none" else None


def tool_call(function: Tool, words: str, request_id: str) -> dict[str, Any]:
    """The call of a function, with arguments that fit its parameters; its strings are the user's words."""
    arguments = sample(function.get("parameters") or {}, words)
    return {
        "id": f"call_{request_id.replace('-', '')[:24]}",
        "type": "function",
        "index": 0,
        "function": {
            "name": function["name"],
            "arguments": json.dumps(arguments, ensure_ascii=False),
        },
    }


def _functions(tools: object, path: str) -> list[Tool]:
    if tools is None:
        return []
    if not isinstance(tools, list) or not tools:
        raise invalid_parameter(f"{path} must be a non-empty list.")
    return [_function(tool, f"{path}[{index}]") for index, tool in enumerate(tools)]


def _function(tool: object, path: str) -> Tool:
    function = _inner(tool, path)
    text(function, "name", f"{path}.function.name")
    if not isinstance(function.get("parameters", {}), dict | None):
        raise invalid_parameter(f"{path}.function.parameters must be an object.")
    return function


def _named(choice: Mapping[str, Any], functions: list[Tool], path: str) -> Tool:
    wanted = text(_inner(choice, path), "name", f"{path}.function.name")
    for function in functions:
        if function["name"] == wanted:
            return function
    raise invalid_parameter(f"{path}.function.name is not the name of a tool.")


def _inner(tool: object, path: str) -> dict[str, Any]:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise invalid_parameter(f"{path} must be an object of the type function.")
    function = tool.get("function")
    if not isinstance(function, dict):
        raise invalid_parameter(f"{path}.function must be an object.")
    return function
