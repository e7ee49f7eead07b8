"""Policies for uploading reference pictures."""

from __future__ import annotations

from typing import Any

from local.standin.endpoints.fields import model_of
from local.standin.endpoints.routing import Call, Subject
from local.standin.errors import invalid_parameter
from local.standin.images.uploads import ACCESS_KEY_ID, ACL, FORBID_OVERWRITE, MOST_MEGABYTES, POLICY_SECONDS
from local.standin.world import World

_CAPACITY_MEGABYTES = 999999999


def subject(world: World, call: Call) -> Subject:
    """What a policy is about: the model that is to read the file."""
    return Subject(limit_row="upload_policy", model=call.request.query.get("model"))


def issue(world: World, call: Call) -> dict[str, Any]:
    """GET /api/v1/uploads?action=getPolicy&model=…: leave to upload files for a model."""
    query = call.request.query
    if query.get("action") != "getPolicy":
        raise invalid_parameter("action must be getPolicy.")
    model = model_of(query)
    grant, policy, signature = world.uploads.grant(call.key, model.name, world.clock.now())
    return {
        "data": {
            "policy": policy,
            "signature": signature,
            "upload_dir": grant.directory,
            "upload_host": world.picture_origin,
            "expire_in_seconds": POLICY_SECONDS,
            "max_file_size_mb": MOST_MEGABYTES,
            "capacity_limit_mb": _CAPACITY_MEGABYTES,
            "oss_access_key_id": ACCESS_KEY_ID,
            "x_oss_object_acl": ACL,
            "x_oss_forbid_overwrite": FORBID_OVERWRITE,
        }
    }
