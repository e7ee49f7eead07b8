"""Copies in S3, and links to them."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.tongyi.builders import TASK_ID
from tongyi.gateways import aws as clients
from tongyi.gateways.picture_bucket import PictureBucket
from tongyi.gateways.picture_file import PictureFacts
from tongyi.gateways.picture_source import Fetched

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "pictures"
CONTENT = b"a picture"
FETCHED = Fetched(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
FACTS = PictureFacts("image/jpeg", "jpg", 4, 3)
KEY = f"images/{TASK_ID}/2.jpg"


@pytest.fixture
def client(aws: None) -> S3Client:
    clients.reset()
    made = clients.client("s3")
    made.create_bucket(Bucket=BUCKET)
    return made


def _put(client: S3Client) -> str:
    file = io.BytesIO(CONTENT)
    file.seek(0, io.SEEK_END)
    return PictureBucket(client, BUCKET).put(TASK_ID, 2, file, FETCHED, FACTS)


def test_put_returns_the_key_of_the_picture(client: S3Client) -> None:
    assert _put(client) == KEY


def test_put_stores_the_whole_file(client: S3Client) -> None:
    _put(client)
    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == CONTENT


def test_put_stores_the_type(client: S3Client) -> None:
    _put(client)
    assert client.head_object(Bucket=BUCKET, Key=KEY)["ContentType"] == "image/jpeg"


def test_put_has_s3_check_the_bytes(client: S3Client) -> None:
    sent: list[str] = []
    client.meta.events.register(
        "before-call.s3.PutObject",
        lambda params, **_: sent.append(params["headers"]["x-amz-checksum-sha256"]),
    )
    _put(client)
    assert [base64.b64decode(checksum).hex() for checksum in sent] == [FETCHED.sha256]


def test_read_has_the_whole_copy(client: S3Client) -> None:
    assert PictureBucket(client, BUCKET).read(_put(client)) == CONTENT


def test_link_points_at_the_picture(client: S3Client) -> None:
    link = urlsplit(PictureBucket(client, BUCKET).link(KEY, 60))
    assert f"{link.hostname}{link.path}".endswith(KEY)
    assert BUCKET in f"{link.hostname}{link.path}"


def test_link_is_good_for_as_long_as_it_is_told(client: S3Client) -> None:
    query = parse_qs(urlsplit(PictureBucket(client, BUCKET).link(KEY, 77)).query)
    assert query["X-Amz-Expires"] == ["77"]


def test_link_is_signed_in_the_way_of_today(client: S3Client) -> None:
    query = parse_qs(urlsplit(PictureBucket(client, BUCKET).link(KEY, 77)).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
