"""Our copies of the pictures, in S3."""

from __future__ import annotations

import base64
from typing import IO, TYPE_CHECKING

from tongyi.errors import StorageUnavailable
from tongyi.gateways.outbound.image_source import Fetched
from tongyi.gateways.storage.image_format import PictureFacts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class PictureBucket:
    """Puts copies, and signs links to them."""

    def __init__(self, client: S3Client, bucket_name: str) -> None:
        self._client = client
        self._bucket = bucket_name

    def put(self, task_id: str, image: int, file: IO[bytes], fetched: Fetched, facts: PictureFacts) -> str:
        """Stores the file and returns its key, `images/{task_id}/{image}.{ext}`.

        S3 checks the bytes against the SHA-256 they were fetched with, so a copy is whole or is not there. Raises
        StorageUnavailable where S3 did not take it, whatever the reason: it may be there again, or let us in, later.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"images/{task_id}/{image}.{facts.extension}"
        file.seek(0)
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=file,
                ContentType=facts.content_type,
                ContentLength=fetched.bytes,
                ChecksumSHA256=base64.b64encode(bytes.fromhex(fetched.sha256)).decode(),
            )
        except ClientError as error:
            raise StorageUnavailable(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StorageUnavailable(type(error).__name__) from error
        return key

    def read(self, key: str) -> bytes:
        """A copy, whole."""
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def link(self, key: str, seconds: int) -> str:
        """A link that anyone may open for `seconds`, or until the signing role's session ends, if that is sooner."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=seconds
        )
