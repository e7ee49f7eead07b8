"""Leave to upload a file to DashScope. Source: what its SDK makes a form of."""

from __future__ import annotations

# The standard library's has no way into a schema before Python 3.12.
from typing_extensions import TypedDict


class UploadForm(TypedDict):
    """What the form to `upload_host` must hold."""

    policy: str
    signature: str
    upload_dir: str
    upload_host: str
    oss_access_key_id: str
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str


class UploadPolicy(UploadForm, total=False):
    """Leave to upload a file: the form, and its limits."""

    expire_in_seconds: int
    max_file_size_mb: int
    capacity_limit_mb: int
