"""Leave to upload: for the models that take reference pictures, and bound to whoever asked."""

from __future__ import annotations

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeUploadTable
from tests.unit.tongyi.gateways.dashscope.policies import POLICY
from tongyi.errors import InvalidParameter, NoTimeLeft, UpstreamThrottled
from tongyi.gateways.dashscope.client import LEAST_SECONDS, QUERY_SECONDS
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.models.images.upload_policy import UploadPolicy
from tongyi.usecases.tasks.allow_upload import AllowUpload


class Case:
    """Somebody who asks for leave, and a script of what DashScope says."""

    def __init__(self, *script: object) -> None:
        self.dashscope = FakeDashScope(*script)
        self.uploads = FakeUploadTable()

    def run(
        self, action: str | None = "getPolicy", model: str | None = "wanx-v1", owner: str = "alice"
    ) -> UploadPolicy:
        return AllowUpload(self.dashscope, self.uploads).run(action, model, owner)

    def complaint(self, action: str | None = "getPolicy", model: str | None = "wanx-v1") -> str:
        with pytest.raises(InvalidParameter) as caught:
            self.run(action, model)
        assert (self.dashscope.calls, self.uploads.held) == ([], set())
        return caught.value.message


def test_upload_is_allowed_as_dashscope_words_it() -> None:
    case = Case(POLICY)
    assert (case.run(), case.dashscope.calls) == (POLICY, [("policy", "wanx-v1")])


def test_upload_is_the_owners_alone() -> None:
    case = Case(POLICY)
    case.run(owner="alice")
    assert case.uploads.held == {(POLICY["upload_dir"], "alice")}


@pytest.mark.parametrize("action", [None, "", "getpolicy", "putPolicy"])
def test_upload_has_one_action_only(action: str | None) -> None:
    assert Case(POLICY).complaint(action=action) == "action: must be getPolicy."


@pytest.mark.parametrize("model", [None, ""])
def test_upload_needs_a_model(model: str | None) -> None:
    assert Case(POLICY).complaint(model=model) == "model: is required, as a query parameter."


def test_upload_names_an_unknown_model() -> None:
    known = ", ".join(IMAGE_MODELS)
    assert Case(POLICY).complaint(model="dall-e") == f"model: 'dall-e' is not one of: {known}."


@pytest.mark.parametrize("model", sorted(set(IMAGE_MODELS) - {"wanx-v1"}))
def test_upload_is_for_models_that_take_reference_pictures(model: str) -> None:
    said = f"model: {model} takes no reference pictures, these do: wanx-v1."
    assert Case(POLICY).complaint(model=model) == said


def test_upload_that_dashscope_refuses_is_nobodys() -> None:
    case = Case(UpstreamThrottled("Not now."))
    with pytest.raises(UpstreamThrottled):
        case.run()
    assert case.uploads.held == set()


@pytest.mark.parametrize(("left", "asked"), [(100, QUERY_SECONDS), (3.5, 3.5)])
def test_upload_is_asked_for_within_what_is_left_of_the_requests_time(left: float, asked: float) -> None:
    case = Case(POLICY)
    AllowUpload(case.dashscope, case.uploads).run("getPolicy", "wanx-v1", "alice", left)
    assert case.dashscope.query_seconds == [asked]


def test_upload_is_not_asked_for_where_no_answer_can_come_in_time() -> None:
    case = Case(POLICY)
    with pytest.raises(NoTimeLeft):
        AllowUpload(case.dashscope, case.uploads).run("getPolicy", "wanx-v1", "alice", LEAST_SECONDS - 0.1)
    assert (case.dashscope.calls, case.uploads.held) == ([], set())
