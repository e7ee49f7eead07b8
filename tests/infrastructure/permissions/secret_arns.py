"""The template's secrets, of which each may stand for one that was there before the stack."""

from __future__ import annotations

from typing import Any

# Each secret, the condition that it is made under, and the parameter that names another instead.
SECRETS = {
    "DashScopeSecret": ("OwnsDashScopeSecret", "ExistingDashScopeSecretArn"),
    "WebhookSecret": ("OwnsWebhookSecret", "ExistingWebhookSecretArn"),
}


def secret_arn(secret: str) -> dict[str, Any]:
    """How the template names a secret wherever it is used."""
    condition, parameter = SECRETS[secret]
    return {"Fn::If": [condition, {"Fn::GetAtt": [secret, "Id"]}, {"Ref": parameter}]}
