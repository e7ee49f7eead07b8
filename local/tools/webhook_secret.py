"""Shows the secret that webhooks are signed with: `make webhook-secret NAME=alice [STACK=deployed-stack]`.

That is the secret of orders that come as messages in alice's name; those that come with a key have a secret of the
key's own, which `make key` shows. Nothing is stored: each follows from the stack's own secret.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import local_client, stack_outputs
from local.stack.background import running
from local.tools.issue_key import OWNER, WRONG_NAME, IssueError
from tongyi.models.webhooks.signing import key_id, signer_of_key, signer_of_owner, webhook_secret

OUTPUT = "WebhookSecretArn"


def secret_of_key(secretsmanager: Any, secret_arn: str, key: str) -> str:
    """The secret of what is ordered with the key. Raises ClientError."""
    return webhook_secret(_master(secretsmanager, secret_arn), signer_of_key(key_id(key)))


def secret_of_owner(secretsmanager: Any, secret_arn: str, owner: str) -> str:
    """The secret of what is ordered by messages in the owner's name. Raises ClientError."""
    return webhook_secret(_master(secretsmanager, secret_arn), signer_of_owner(owner))


def find_secret(stack_name: str) -> tuple[Any, str]:
    """A Secrets Manager client and the secret's ARN: of a deployed stack, or of the embedded one for no name.

    Raises IssueError when there is no such stack, or it has none.
    """
    if not stack_name:
        state = running()
        if state is None:
            raise IssueError("the embedded stack is not up: make up starts it, STACK=… names a deployed one")
        return local_client("secretsmanager", state["endpoint"]), state["outputs"][OUTPUT]
    outputs = stack_outputs(boto3.client("cloudformation"), stack_name)
    if OUTPUT not in outputs:
        raise IssueError(f"the stack {stack_name} has no output {OUTPUT}: deploy this version first")
    return boto3.client("secretsmanager"), outputs[OUTPUT]


def _master(secretsmanager: Any, secret_arn: str) -> str:
    found: str = secretsmanager.get_secret_value(SecretId=secret_arn)["SecretString"]
    return found.strip()


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Show the secret that KEY_NAME and KEY_STACK ask for."""
    owner, stack_name = environment.get("KEY_NAME", ""), environment.get("KEY_STACK", "")
    try:
        if not OWNER.fullmatch(owner):
            raise IssueError(f"{WRONG_NAME} make webhook-secret NAME=alice")
        secret = secret_of_owner(*find_secret(stack_name), owner)
    except (IssueError, BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"The webhook secret of orders by message in the name of {owner}:\n{secret}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
