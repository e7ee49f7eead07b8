"""Leave to upload, as DashScope gives it."""

from __future__ import annotations

from tongyi.models.images.upload_policy import UploadForm, UploadPolicy

FORM: UploadForm = {
    "policy": "eyJl",
    "signature": "g/I6",
    "upload_dir": "dashscope-instant/ab12/2026-01-15/f00d",
    "upload_host": "https://dashscope-file.oss.example",
    "oss_access_key_id": "LTAI",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}
POLICY: UploadPolicy = {**FORM, "expire_in_seconds": 300, "max_file_size_mb": 100, "capacity_limit_mb": 999}
LIMITS = ("expire_in_seconds", "max_file_size_mb", "capacity_limit_mb")
