"""Each function is put together from the variables that the template gives it, and from no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import template
from tongyi import wiring
from tongyi.errors import ConfigurationError

MAKERS: dict[str, Callable[[], object]] = {
    "ChatFunction": wiring.chat,
    "SubmitTaskFunction": wiring.submit_images,
    "GenerateImagesFunction": wiring.generate_images,
    "GetResultFunction": wiring.show_task,
    "AuthorizeFunction": wiring.authorize,
    "DispatchJobFunction": wiring.dispatch_job,
    "CheckJobFunction": wiring.check_job,
    "StoreImageFunction": wiring.store_image,
    "CloseTaskFunction": wiring.close_task,
}


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
    assert set(MAKERS) == set(template.resources(template.FUNCTION))


@pytest.mark.parametrize("function", MAKERS)
def test_wiring_needs_only_the_functions_own_variables(
    function: str, deployed: Callable[[str], None]
) -> None:
    deployed(function)
    assert type(MAKERS[function]()).__module__.startswith("tongyi.usecases.")


@pytest.mark.parametrize("function", MAKERS)
def test_wiring_makes_a_use_case_once(function: str, deployed: Callable[[str], None]) -> None:
    deployed(function)
    assert MAKERS[function]() is MAKERS[function]()


@pytest.mark.parametrize("function", MAKERS)
def test_wiring_makes_a_use_case_anew_after_a_reset(function: str, deployed: Callable[[str], None]) -> None:
    deployed(function)
    before = MAKERS[function]()
    wiring.reset()
    assert MAKERS[function]() is not before


@pytest.mark.parametrize("function", MAKERS)
def test_wiring_complains_about_missing_settings(function: str) -> None:
    with pytest.raises(ConfigurationError, match="is not set"):
        MAKERS[function]()
