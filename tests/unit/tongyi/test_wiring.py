"""Each function is put together from the variables that the template gives it, and from no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.tools import template
from tongyi import wiring
from tongyi.errors import ConfigurationError
from tongyi.gateways import aws

MAKERS: list[tuple[str, Callable[[], object]]] = [
    ("ChatFunction", wiring.chat),
    ("SubmitTaskFunction", wiring.submit_images),
    ("SubmitBatchFunction", wiring.take_order),
    ("GenerateImagesFunction", wiring.generate_images),
    ("GenerateImagesFunction", wiring.hand_out_pictures),
    ("GetResultFunction", wiring.show_task),
    ("GetResultFunction", wiring.hand_out_pictures),
    ("CancelTaskFunction", wiring.cancel_task),
    ("ListTasksFunction", wiring.list_tasks),
    ("AllowUploadFunction", wiring.allow_upload),
    ("ListModelsFunction", wiring.list_models),
    ("AuthorizeFunction", wiring.authorize),
    ("DispatchJobFunction", wiring.dispatch_job),
    ("CheckJobFunction", wiring.check_job),
    ("StoreImageFunction", wiring.store_image),
    ("CloseTaskFunction", wiring.close_task),
    ("ReconcileFunction", wiring.reconcile),
    ("SendWebhookFunction", wiring.send_webhook),
    ("ListDeliveriesFunction", wiring.list_deliveries),
    ("ResendDeliveryFunction", wiring.resend_delivery),
    ("StartFileFunction", wiring.start_file),
    ("ReadFileFunction", wiring.read_file),
    ("SubmitLinesFunction", wiring.submit_lines),
    ("CheckLinesFunction", wiring.check_lines),
    ("WriteManifestFunction", wiring.write_manifest),
]


class Names(dict[str, str]):
    """The template's names; what only a deployment knows is made up."""

    def __missing__(self, name: str) -> str:
        return f"arn:aws:made-up:us-east-1:123456789012:{name}"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # What is put together calls nobody.
    monkeypatch.setattr(aws, "client", lambda service: object())
    wiring.reset()
    yield
    wiring.reset()


@contextmanager
def _deployed(function: str) -> Iterator[None]:
    """Gives the process the environment of one function, and of no other."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in template.environment(function, Names(template.defaults())).items():
            patch.setenv(name, value)
        yield
    wiring.reset()


def test_wiring_has_a_maker_for_each_function() -> None:
    assert {function for function, _ in MAKERS} == set(template.resources(template.FUNCTION))


def test_wiring_makes_each_use_case_once_of_the_functions_own_variables() -> None:
    for function, make in MAKERS:
        with _deployed(function):
            made = make()
            assert type(made).__module__.startswith("tongyi.usecases."), function
            assert make() is made, function


def test_wiring_makes_each_use_case_anew_after_a_reset() -> None:
    for function, make in MAKERS:
        with _deployed(function):
            before = make()
            wiring.reset()
            assert make() is not before, function


# What the models are is in the code, and the template may add nothing to them.
NEEDS_SETTINGS = {make for _, make in MAKERS} - {wiring.list_models}


def test_wiring_complains_about_missing_settings() -> None:
    assert {make for make in NEEDS_SETTINGS if not _complains(make)} == set()


def _complains(make: Callable[[], object]) -> bool:
    try:
        make()
    except ConfigurationError as error:
        return "is not set" in str(error)
    return False
