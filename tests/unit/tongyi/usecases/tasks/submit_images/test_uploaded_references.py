"""Orders with a reference picture that was uploaded: whoever uploaded it may use it, and nobody else."""

from __future__ import annotations

import pytest

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tongyi.config import SubmissionSettings
from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import parse_image_request
from tongyi.models.tasks.records import TaskRecord
from tongyi.usecases.tasks.submit_images import SubmitImages

SETTINGS = SubmissionSettings("arn", 30, 10, 60, 0)
DIRECTORY = "dashscope-instant/ab12/2026-01-15/f00d"
UPLOADED = f"oss://{DIRECTORY}/猫.png"


class Case:
    """Alice has leave to upload to one directory."""

    def __init__(self) -> None:
        self.tasks, self.workflow, self.quotas = FakeTaskTable(), FakeWorkflow(), FakeQuotaTable()
        self.uploads = FakeUploadTable(**{DIRECTORY: "alice"})

    def order(
        self, link: str, owner: str | None, *, key: str | None = None, prompt: str = "a cat"
    ) -> TaskRecord:
        gateways = (self.tasks, FakeSlotTable(), self.quotas, self.uploads, self.workflow)
        submit = SubmitImages(*gateways, a_circuit(FakeClock()), SETTINGS, FakeClock())
        return submit.run(parse_image_request({"prompt": prompt, "ref_img": link}), owner, key).task


def test_upload_is_taken_from_its_owner() -> None:
    assert Case().order(UPLOADED, "alice").input == {"prompt": "a cat", "ref_img": UPLOADED}


@pytest.mark.parametrize(
    ("link", "owner"),
    [
        (UPLOADED, "bob"),
        (UPLOADED, None),
        (f"oss://{DIRECTORY}/deeper/cat.png", "alice"),
        (f"oss://{DIRECTORY}x/cat.png", "alice"),
        ("oss://dashscope-instant/cat.png", "alice"),
    ],
    ids=["another's", "without a key", "a directory below", "a directory beside", "a directory above"],
)
def test_upload_is_refused_to_everybody_else_with_nothing_ordered(link: str, owner: str | None) -> None:
    case = Case()
    with pytest.raises(InvalidParameter) as caught:
        case.order(link, owner)
    assert caught.value.message == "ref_img: was not uploaded with your key, or is gone; upload it again."
    assert (case.tasks.tasks, case.workflow.started, case.quotas.used["images"]) == ({}, [], 0)


@pytest.mark.parametrize("owner", ["bob", None])
def test_public_link_needs_no_upload(owner: str | None) -> None:
    link = "https://example.com/cat.png"
    assert Case().order(link, owner).input["ref_img"] == link


def test_repeated_order_finds_its_task_though_the_upload_is_gone_by_now() -> None:
    case = Case()
    first = case.order(UPLOADED, "alice", key="once")
    case.uploads.held.clear()
    assert case.order(UPLOADED, "alice", key="once").task_id == first.task_id
