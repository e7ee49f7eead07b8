"""Where pictures may be copied from: listed hosts, and nowhere a listed host sends us."""

from __future__ import annotations

import pytest

from tests.integration.storage.copying import Copy, copier, link_upstream
from tests.support.gateway import Gateway
from tongyi.models.tasks.status import ImageStatus

ELSEWHERE = [
    "http://169.254.169.254/latest",
    "http://127.0.0.1:1/a.png",
    "https://example.com/a.png",
    "//example.com/",
    "ftp://x/",
    "http://[",
]


@pytest.fixture(autouse=True)
def _fresh(shared: Gateway) -> None:
    shared.standin.clear_faults()


@pytest.fixture(scope="module")
def link(shared: Gateway) -> str:
    return link_upstream(shared)


@pytest.fixture
def copy(shared: Gateway, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """Copies from the stand-in."""
    return copier(shared, monkeypatch, shared.standin.picture_url)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("location", ELSEWHERE)
def test_store_image_refuses_to_be_sent_to_another_host(
    shared: Gateway, copy: Copy, link: str, location: str
) -> None:
    shared.standin.add_fault("picture", "redirect", location=location)

    step, image = copy(link)

    assert (step["next"], image.status) == ("end", ImageStatus.UNCOPIED)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_store_image_follows_a_redirect_within_its_host(
    shared: Gateway, copy: Copy, link: str, status: int
) -> None:
    shared.standin.add_fault("picture", "redirect", location=link, status=status)

    step, image = copy(link)

    assert (step["next"], image.status) == ("end", ImageStatus.STORED)


def test_store_image_follows_a_relative_redirect(shared: Gateway, copy: Copy, link: str) -> None:
    relative = link.removeprefix(shared.standin.picture_url)
    shared.standin.add_fault("picture", "redirect", location=relative)

    assert copy(link)[1].status is ImageStatus.STORED


@pytest.mark.usefixtures("empty")
def test_store_image_refuses_to_be_sent_in_circles(shared: Gateway, copy: Copy, link: str) -> None:
    shared.standin.add_fault("picture", "redirect", location=link, times=None)

    assert copy(link)[1].status is ImageStatus.UNCOPIED


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    "hosts",
    [(), ("dashscope-result-bj.oss-cn-beijing.aliyuncs.com",), ("http://127.0.0.1",), ("127.0.0.1",)],
)
def test_store_image_never_asks_a_host_that_is_not_listed(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch, link: str, hosts: tuple[str, ...]
) -> None:
    before = len(shared.standin.ledger("picture"))

    _, image = copier(shared, monkeypatch, *hosts)(link)

    assert image.status is ImageStatus.UNCOPIED
    assert len(shared.standin.ledger("picture")) == before


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_store_image_refuses_a_listed_name_that_points_inward(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    _, image = copier(shared, monkeypatch, host)(f"https://{host}/a.png")

    assert image.status is ImageStatus.UNCOPIED
    assert image.error is not None
    assert "private address" in image.error.message
