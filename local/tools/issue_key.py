"""Issues an API key: `make key NAME=alice [STACK=deployed-stack]`.

The key is shown once; the table keeps its SHA-256 alone. Without STACK it is for the embedded stack that
`make up` started, with STACK for the one deployed under that name, with the usual AWS credentials.
"""

import hashlib
import os
import re
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import local_client, stack_outputs
from local.stack.background import running

OWNER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
WRONG_NAME = 'NAME must be 1 to 64 letters, digits, "_", "." or "-", as in:'


class IssueError(Exception):
    """Raised when no key can be issued; the message says what to do."""


def new_key() -> str:
    """A random key: "tg-" and 43 URL-safe characters (256 bits)."""
    return f"tg-{secrets.token_urlsafe(32)}"


def key_item(key: str, owner: str, now: datetime) -> dict[str, dict[str, str]]:
    """The table's item for a key, in DynamoDB's own form. It does not hold the key.

    Raises IssueError for an owner's name that is not 1 to 64 letters, digits, "_", "." or "-".
    """
    if not OWNER.fullmatch(owner):
        raise IssueError(f"{WRONG_NAME} make key NAME=alice")
    digest = hashlib.sha256(key.encode()).hexdigest()
    issued_at = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    values = {"pk": f"KEY#{digest}", "sk": "KEY", "owner": owner, "issued_at": issued_at}
    return {name: {"S": value} for name, value in values.items()}


def issue(dynamodb: Any, table_name: str, owner: str) -> str:
    """Make a key for the owner, keep its hash in the table, return it. Raises IssueError, ClientError."""
    key = new_key()
    item = key_item(key, owner, datetime.now(UTC))
    dynamodb.put_item(TableName=table_name, Item=item, ConditionExpression="attribute_not_exists(pk)")
    return key


def find_table(stack_name: str) -> tuple[Any, str]:
    """A DynamoDB client and the table's name: of a deployed stack, or of the embedded one for no name.

    Raises IssueError when there is no such stack.
    """
    if not stack_name:
        state = running()
        if state is None:
            raise IssueError("the embedded stack is not up: make up starts it, STACK=… names a deployed one")
        return local_client("dynamodb", state["endpoint"]), state["outputs"]["TableName"]
    outputs = stack_outputs(boto3.client("cloudformation"), stack_name)
    if "TableName" not in outputs:
        raise IssueError(f"the stack {stack_name} has no output TableName: is it this gateway's?")
    return boto3.client("dynamodb"), outputs["TableName"]


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Issue the key that KEY_NAME and KEY_STACK ask for."""
    owner, stack_name = environment.get("KEY_NAME", ""), environment.get("KEY_STACK", "")
    try:
        key_item("", owner, datetime.now(UTC))
        key = issue(*find_table(stack_name), owner)
    except (IssueError, BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"The key of {owner}, shown this once:\n{key}")
    return _show_webhook_secret(stack_name, key)


def _show_webhook_secret(stack_name: str, key: str) -> int:
    """The secret that webhooks of the key's orders are signed with; it too cannot be had later."""
    # The package that it takes is on the path of `make key`, and not of all who only issue keys.
    from local.tools.webhook_secret import find_secret, secret_of_key

    try:
        secret = secret_of_key(*find_secret(stack_name), key)
    except (IssueError, BotoCoreError, ClientError) as error:
        print(f"error: the key is good, but its webhook secret cannot be shown: {error}", file=sys.stderr)
        return 1
    print(f"The secret of its webhooks:\n{secret}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
