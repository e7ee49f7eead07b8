"""Gives leave to upload a reference picture to DashScope, which keeps it for 48 hours."""

from __future__ import annotations

from tongyi.errors import InvalidParameter, NoTimeLeft
from tongyi.gateways.dashscope.client import LEAST_SECONDS, QUERY_SECONDS, DashScope
from tongyi.gateways.dynamodb.upload_table import UploadTable
from tongyi.models.images.catalog import IMAGE_MODELS, image_model
from tongyi.models.images.upload_policy import UploadPolicy

ACTION = "getPolicy"


class AllowUpload:
    """GET /api/v1/uploads, without the HTTP."""

    def __init__(self, dashscope: DashScope, uploads: UploadTable) -> None:
        self._dashscope = dashscope
        self._uploads = uploads

    def run(
        self, action: str | None, model: str | None, owner: str, seconds: float = QUERY_SECONDS
    ) -> UploadPolicy:
        """What the SDK makes its upload form of, within `seconds`.

        The policy is bound to one directory, which only this owner's orders may name afterwards. Raises
        InvalidParameter, NoTimeLeft or UpstreamError.
        """
        if action != ACTION:
            raise InvalidParameter(f"action: must be {ACTION}.")
        if not model:
            raise InvalidParameter("model: is required, as a query parameter.")
        if "ref_img" not in image_model(model).parameters:
            takers = ", ".join(name for name, taker in IMAGE_MODELS.items() if "ref_img" in taker.parameters)
            raise InvalidParameter(f"model: {model} takes no reference pictures, these do: {takers}.")
        if seconds < LEAST_SECONDS:
            raise NoTimeLeft
        policy = self._dashscope.upload_policy(model, min(seconds, QUERY_SECONDS))
        self._uploads.add(policy["upload_dir"], owner)
        return policy
