"""The inbox: the bucket that files of orders are put into, and that their results are written to.

`requests/` is its users' and only read here. `runs/` holds what a run keeps to itself, `results/` what it tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tongyi.errors import InvalidRequest
from tongyi.models.batches.input_file import MOST_BYTES
from tongyi.models.batches.run import Chunk, FileRef, FileRequest, Outcome

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# To whoever may not list a bucket, S3 says of what is not there that it may not be read.
_GONE = ("NoSuchKey", "NoSuchVersion", "AccessDenied")


class Inbox:
    """Reads files and writes results."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read_file(self, ref: FileRef) -> bytes:
        """The file, whole. Raises InvalidRequest where it is gone or closed to us, or longer than files may be."""
        from botocore.exceptions import ClientError

        version = {"VersionId": ref.version} if ref.version else {}
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=ref.key, **version)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise InvalidRequest(
                    "The file cannot be read: it was removed, or encrypted with a key that is not the inbox's."
                ) from None
            raise
        if found["ContentLength"] > MOST_BYTES:
            raise InvalidRequest(f"The file is larger than {MOST_BYTES} bytes; cut it into several.")
        return found["Body"].read()

    def keep_requests(self, run: str, requests: bytes) -> None:
        """Writes the run's own copy of the requests."""
        self._put(f"runs/{run}/requests.jsonl", requests, "application/jsonl")

    def requests(self, run: str, chunk: Chunk) -> list[FileRequest]:
        """The requests of a chunk; only its bytes are read."""
        found = self._client.get_object(
            Bucket=self._bucket,
            Key=f"runs/{run}/requests.jsonl",
            Range=f"bytes={chunk.start}-{chunk.end - 1}",
        )
        return [FileRequest.model_validate_json(line) for line in _lines(found["Body"].read())]

    def keep_outcomes(self, run: str, chunk: Chunk, outcomes: Iterable[Outcome]) -> None:
        """Writes what has become of a chunk's requests so far."""
        written = b"".join(outcome.written() for outcome in outcomes)
        self._put(_part(run, chunk), written, "application/jsonl")

    def outcomes(self, run: str, chunk: Chunk) -> list[Outcome]:
        """What has become of a chunk's requests, as `keep_outcomes` wrote it last."""
        found = self._client.get_object(Bucket=self._bucket, Key=_part(run, chunk))
        return [Outcome.model_validate_json(line) for line in _lines(found["Body"].read())]

    def put_manifest(self, results: str, manifest: bytes) -> None:
        """Writes the manifest of a file, under the prefix of its results."""
        self._put(f"{results}manifest.jsonl", manifest, "application/jsonl")

    def put_summary(self, results: str, summary: dict[str, Any]) -> None:
        """Writes the summary of a file over the last one, under the prefix of its results."""
        text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
        self._put(f"{results}summary.json", text.encode(), "application/json")

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)


def _part(run: str, chunk: Chunk) -> str:
    return f"runs/{run}/outcomes-{chunk.number:05d}.jsonl"


def _lines(content: bytes) -> list[bytes]:
    return [line for line in content.split(b"\n") if line]
