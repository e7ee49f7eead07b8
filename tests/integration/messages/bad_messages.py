"""Bodies of messages that can never become tasks, and what their sender is told."""

from __future__ import annotations

import json

NO_JSON = "The message is no valid JSON."
BAD: dict[str, tuple[str, str]] = {
    "empty": (" ", NO_JSON),
    "text": ("a cat", NO_JSON),
    "cut off": ('{"prompt": "a c', NO_JSON),
    "nested without end": ("[" * 100_000, NO_JSON),
    "long and no JSON": ("x" * 1_000_000, NO_JSON),
    "null": ("null", "The message must be a JSON object."),
    "list": ('[{"prompt": "a cat"}]', "The message must be a JSON object."),
    "no prompt": ("{}", "prompt: is required."),
    "half a character": (
        '{"prompt": "\\ud800"}',
        "prompt: holds U+D800, a character that no model can read; remove it.",
    ),
    "control character": (
        '{"prompt": "a\\u0000b"}',
        "prompt: holds U+0000, a character that no model can read; remove it.",
    ),
    "control character in the key": (
        '{"prompt": "a cat", "idempotency_key": "a\\u001bb"}',
        "idempotency_key: holds U+001B, a character that no model can read; remove it.",
    ),
    "read in a wrong encoding": (
        '{"prompt": "\ufffd\ufffd"}',
        "prompt: holds U+FFFD, a character that no model can read; remove it.",
    ),
    "NaN": ('{"prompt": "a cat", "seed": NaN}', NO_JSON),
    "long and bad": (
        json.dumps({"prompt": "", "negative_prompt": "x" * 1_000_000}),
        "prompt: must not be empty.",
    ),
    "number": ('{"prompt": "a cat", "n": 99}', "n: 99 is out of range, it takes 1 to 4."),
    "owner": (
        '{"prompt": "a cat", "owner": "a b"}',
        'owner: takes 1 to 64 letters, digits, "_", "." or "-".',
    ),
    "key": (
        '{"prompt": "a cat", "idempotency_key": ""}',
        "idempotency_key: takes a text of 1 to 255 characters.",
    ),
    "another event": (
        '{"detail-type": "Image Task Succeeded", "id": "1", "detail": {"prompt": "a cat"}}',
        "detail-type: must be Image Task Requested, with an order as its detail.",
    ),
}
