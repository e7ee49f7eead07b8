"""The inbox. The fake that the use cases are tested with has to keep the same promises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.fakes.batches import FILE, KEY, RESULTS, RUN, FakeInbox, a_chunk, an_outcome, some_lines
from tongyi.errors import InvalidRequest
from tongyi.gateways import aws as clients
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.input_file import MOST_BYTES
from tongyi.models.batches.run import CHUNK_REQUESTS, FileRef, RequestStatus, cut, with_keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "inbox"


@pytest.fixture
def client(aws: None) -> S3Client:
    clients.reset()
    made = clients.client("s3")
    made.create_bucket(Bucket=BUCKET)
    made.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return made


@pytest.fixture(params=["s3", "fake"])
def inbox(request: pytest.FixtureRequest) -> Inbox:
    if request.param == "fake":
        return FakeInbox()
    return Inbox(request.getfixturevalue("client"), BUCKET)


def _read(client: S3Client, key: str) -> bytes:
    return client.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def test_read_file_has_the_version_that_was_told_of(client: S3Client) -> None:
    version = client.put_object(Bucket=BUCKET, Key=KEY, Body=b"first")["VersionId"]
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"second")
    assert Inbox(client, BUCKET).read_file(FileRef(run=RUN, key=KEY, version=version)) == b"first"
    assert Inbox(client, BUCKET).read_file(FileRef(run=RUN, key=KEY)) == b"second"


@pytest.mark.parametrize("version", ["v-1", None])
def test_read_file_says_that_it_is_gone(client: S3Client, version: str | None) -> None:
    with pytest.raises(InvalidRequest, match="was removed"):
        Inbox(client, BUCKET).read_file(FileRef(run=RUN, key=KEY, version=version))


def test_fake_says_that_a_file_is_gone() -> None:
    with pytest.raises(InvalidRequest, match="was removed"):
        FakeInbox().read_file(FILE)


def test_read_file_reads_nothing_of_one_that_is_too_large() -> None:
    with pytest.raises(InvalidRequest, match="larger than"):
        Inbox(Large(MOST_BYTES + 1), BUCKET).read_file(FILE)  # type: ignore[arg-type]


def test_read_file_does_not_hide_a_fault_of_ours() -> None:
    with pytest.raises(ClientError):
        Inbox(Large(0, "SlowDown"), BUCKET).read_file(FILE)  # type: ignore[arg-type]


def test_read_file_takes_what_s3_says_to_whoever_may_not_list() -> None:
    """It says so of what is gone, and of what is encrypted with somebody else's key."""
    with pytest.raises(InvalidRequest, match="was removed, or encrypted"):
        Inbox(Large(0, "AccessDenied"), BUCKET).read_file(FILE)  # type: ignore[arg-type]


def test_requests_of_each_chunk_are_those_that_were_kept(inbox: Inbox) -> None:
    orders: list[dict[str, Any] | None] = [{"prompt": f"猫\n{number}\u2028"} for number in range(60)]
    requests = list(with_keys(KEY, some_lines(*orders, None)))
    content, chunks = cut(requests)
    inbox.keep_requests(RUN, content)
    found = [inbox.requests(RUN, chunk) for chunk in chunks]
    assert [request for part in found for request in part] == requests
    assert [len(part) for part in found] == [CHUNK_REQUESTS, CHUNK_REQUESTS, 11]


def test_outcomes_are_those_that_were_kept_last(inbox: Inbox) -> None:
    inbox.keep_outcomes(RUN, a_chunk(), [an_outcome(1)])
    outcomes = [an_outcome(1, RequestStatus.SUCCEEDED, pictures=[{"number": 1, "key": "k"}]), an_outcome(2)]
    inbox.keep_outcomes(RUN, a_chunk(), outcomes)
    assert inbox.outcomes(RUN, a_chunk()) == outcomes


def test_outcomes_of_a_chunk_may_be_none_yet(inbox: Inbox) -> None:
    inbox.keep_outcomes(RUN, a_chunk(), [])
    assert inbox.outcomes(RUN, a_chunk()) == []


def test_outcomes_of_chunks_and_runs_are_kept_apart(inbox: Inbox) -> None:
    for run, number in ((RUN, 0), (RUN, 1), ("another", 0)):
        inbox.keep_outcomes(run, a_chunk(number=number), [an_outcome(1, task_id=f"{run}-{number}")])
    assert [found.task_id for found in inbox.outcomes(RUN, a_chunk(number=1))] == [f"{RUN}-1"]


def test_manifest_and_summary_are_written_where_the_results_of_the_file_are(client: S3Client) -> None:
    inbox = Inbox(client, BUCKET)
    inbox.put_manifest(RESULTS, b"line\n")
    inbox.put_summary(RESULTS, {"file": "猫"})
    assert _read(client, "results/alice/cats.jsonl/manifest.jsonl") == b"line\n"
    written = _read(client, "results/alice/cats.jsonl/summary.json")
    assert json.loads(written) == {"file": "猫"}
    assert "猫".encode() in written


def test_what_is_written_has_its_type(client: S3Client) -> None:
    inbox = Inbox(client, BUCKET)
    inbox.put_manifest(RESULTS, b"line\n")
    inbox.put_summary(RESULTS, {})
    types = {
        name: client.head_object(Bucket=BUCKET, Key=f"results/alice/cats.jsonl/{name}")["ContentType"]
        for name in ("manifest.jsonl", "summary.json")
    }
    assert types == {"manifest.jsonl": "application/jsonl", "summary.json": "application/json"}


def test_a_run_keeps_to_itself_what_it_works_with(client: S3Client) -> None:
    inbox = Inbox(client, BUCKET)
    inbox.keep_requests(RUN, b"{}\n")
    inbox.keep_outcomes(RUN, a_chunk(number=7), [])
    listed = client.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [found["Key"] for found in listed] == [
        f"runs/{RUN}/outcomes-00007.jsonl",
        f"runs/{RUN}/requests.jsonl",
    ]


class Large:
    """A client whose object is that large and must not be read; or that refuses."""

    def __init__(self, size: int, code: str | None = None) -> None:
        self._size = size
        self._code = code

    def get_object(self, **_: Any) -> dict[str, Any]:
        if self._code:
            raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "GetObject")
        return {"ContentLength": self._size}
