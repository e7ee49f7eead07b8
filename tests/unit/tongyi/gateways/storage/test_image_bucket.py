"""Copies in S3, and links to them."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from tests.support.fakes.records import TASK_ID
from tongyi.errors import StorageUnavailable
from tongyi.gateways import aws as clients
from tongyi.gateways.outbound.image_source import Fetched
from tongyi.gateways.storage.image_bucket import PictureBucket
from tongyi.gateways.storage.image_format import PictureFacts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "pictures"
CONTENT = b"a picture"
FETCHED = Fetched(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
FACTS = PictureFacts("image/jpeg", "jpg", 4, 3)
KEY = f"images/{TASK_ID}/2.jpg"
# Where each region's S3 answers: the first is special to botocore, the next is old, two are newer than 2019-03-20,
# whose buckets no global host knows, and China is a partition of its own.
REGIONS = {
    "us-east-1": "s3.us-east-1.amazonaws.com",
    "eu-central-1": "s3.eu-central-1.amazonaws.com",
    "ap-east-1": "s3.ap-east-1.amazonaws.com",
    "ap-southeast-1": "s3.ap-southeast-1.amazonaws.com",
    "me-central-1": "s3.me-central-1.amazonaws.com",
    "cn-north-1": "s3.cn-north-1.amazonaws.com.cn",
    "cn-northwest-1": "s3.cn-northwest-1.amazonaws.com.cn",
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    clients.reset()
    yield
    clients.reset()


@pytest.fixture
def client(aws: None) -> S3Client:
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


REFUSALS = ("AccessDenied", "SlowDown", "InternalError", "NoSuchBucket", "ExpiredToken", "BadDigest")
FAULTS: list[Exception] = [
    *(ClientError({"Error": {"Code": code, "Message": "No."}}, "PutObject") for code in REFUSALS),
    EndpointConnectionError(endpoint_url="https://s3"),
    ConnectTimeoutError(endpoint_url="https://s3"),
    ReadTimeoutError(endpoint_url="https://s3"),
    ConnectionClosedError(endpoint_url="https://s3"),
    NoCredentialsError(),
    CredentialRetrievalError(provider="p", error_msg="No."),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_put_that_s3_does_not_take_may_be_tried_again(client: S3Client, fault: Exception) -> None:
    def fail(**_: object) -> None:
        raise fault

    client.meta.events.register("before-call.s3.PutObject", fail)
    with pytest.raises(StorageUnavailable) as caught:
        _put(client)
    name = fault.response["Error"]["Code"] if isinstance(fault, ClientError) else type(fault).__name__
    assert (caught.value.fault, caught.value.message) == (name, "The copy could not be stored.")


def test_read_has_the_whole_copy(client: S3Client) -> None:
    assert PictureBucket(client, BUCKET).read(_put(client)) == CONTENT


def test_link_points_at_the_picture(client: S3Client) -> None:
    link = urlsplit(PictureBucket(client, BUCKET).link(KEY, 60))
    assert f"{link.hostname}{link.path}".endswith(KEY)
    assert BUCKET in f"{link.hostname}{link.path}"


def _link(monkeypatch: pytest.MonkeyPatch, region: str) -> SplitResult:
    """A link as a function signs it in that region: signing asks nobody."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    clients.reset()
    return urlsplit(PictureBucket(clients.client("s3"), BUCKET).link(KEY, 60))


def test_link_names_the_host_of_its_region_and_is_signed_for_it(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = {region: _link(monkeypatch, region) for region in REGIONS}
    scopes = {
        region: parse_qs(link.query)["X-Amz-Credential"][0].split("/")[2:] for region, link in links.items()
    }
    assert {region: link.hostname for region, link in links.items()} == {
        region: f"{BUCKET}.{host}" for region, host in REGIONS.items()
    }
    assert scopes == {region: [region, "s3", "aws4_request"] for region in REGIONS}


def test_link_has_the_bucket_in_its_path_where_the_host_is_an_address(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name can be put before an address: that is how the embedded stack is reached."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    link = _link(monkeypatch, "us-east-1")
    assert (link.netloc, link.path) == ("127.0.0.1:9", f"/{BUCKET}/{KEY}")


def test_link_is_good_for_as_long_as_it_is_told(client: S3Client) -> None:
    query = parse_qs(urlsplit(PictureBucket(client, BUCKET).link(KEY, 77)).query)
    assert query["X-Amz-Expires"] == ["77"]


def test_link_is_signed_in_the_way_of_today(client: S3Client) -> None:
    query = parse_qs(urlsplit(PictureBucket(client, BUCKET).link(KEY, 77)).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
