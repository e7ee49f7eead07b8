"""Each function is put together from the variables that the template gives it, and from no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local import template
from tongyi import wiring
from tongyi.errors import ConfigurationError

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
# Of functions and makers, those that go together.
PAIRS = pytest.mark.parametrize(("function", "make"), MAKERS)


class Names(dict[str, str]):
    """The template's names; what only a deployment knows is made up."""

    def __missing__(self, name: str) -> str:
        return f"arn:aws:made-up:us-east-1:123456789012:{name}"


@pytest.fixture(autouse=True)
def _fresh(aws: None) -> Iterator[None]:
    wiring.reset()
    yield
    wiring.reset()


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives the process the environment of one function."""
    names = Names(template.defaults())

    def give(function: str) -> None:
        for name, value in template.environment(function, names).items():
            monkeypatch.setenv(name, value)

    return give


def test_wiring_has_a_maker_for_each_function() -> None:
    assert {function for function, _ in MAKERS} == set(template.resources(template.FUNCTION))


@PAIRS
def test_wiring_needs_only_the_functions_own_variables(
    function: str, make: Callable[[], object], deployed: Callable[[str], None]
) -> None:
    deployed(function)
    assert type(make()).__module__.startswith("tongyi.usecases.")


@PAIRS
def test_wiring_makes_a_use_case_once(
    function: str, make: Callable[[], object], deployed: Callable[[str], None]
) -> None:
    deployed(function)
    assert make() is make()


@PAIRS
def test_wiring_makes_a_use_case_anew_after_a_reset(
    function: str, make: Callable[[], object], deployed: Callable[[str], None]
) -> None:
    deployed(function)
    before = make()
    wiring.reset()
    assert make() is not before


# What the models are is in the code, and the template may add nothing to them.
NEEDS_SETTINGS = dict.fromkeys(maker for _, maker in MAKERS if maker is not wiring.list_models)


@pytest.mark.parametrize("make", NEEDS_SETTINGS)
def test_wiring_complains_about_missing_settings(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError, match="is not set"):
        make()
