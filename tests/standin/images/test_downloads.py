"""Downloading pictures over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import requests
from PIL import Image

from local.standin import StandIn
from local.standin.clock import DAY
from local.standin.images.painting import paint_png

pytestmark = pytest.mark.enable_socket
Links = Callable[..., list[str]]


def _get(url: str) -> requests.Response:
    return requests.get(url, timeout=300)


def _refusal(reply: requests.Response) -> tuple[int, str | None]:
    return reply.status_code, ElementTree.fromstring(reply.content).findtext("Code")


def test_a_link_gives_a_real_picture_of_its_size(links: Links) -> None:
    with Image.open(io.BytesIO(_get(links(size="720*1280")[0]).content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (720, 1280))


def test_pictures_use_the_seeds_from_the_one_given(links: Links) -> None:
    second = links(n=2, seed=41, style="<sketch>", size="720*1280")[1]
    assert _get(second).content == paint_png(42, "<sketch>", 720, 1280)


def test_without_a_seed_tasks_differ(links: Links) -> None:
    assert _get(links()[0]).content != _get(links()[0]).content


def test_a_download_needs_no_key(links: Links) -> None:
    assert _get(links()[0]).status_code == 200


def test_a_picture_says_what_it_is(links: Links) -> None:
    headers = _get(links()[0]).headers
    assert headers["Content-Type"] == "image/png"
    assert {"ETag", "Last-Modified"} <= set(headers)


def test_head_tells_the_length_without_the_body(links: Links) -> None:
    link = links()[0]
    head = requests.head(link, timeout=300)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(_get(link).content)))


def test_an_expired_link_is_refused(standin: StandIn, links: Links) -> None:
    link = links()[0]
    standin.advance(DAY)
    assert _refusal(_get(link)) == (403, "AccessDenied")


def test_a_wrong_signature_is_refused(links: Links) -> None:
    assert _refusal(_get(links()[0] + "x")) == (403, "SignatureDoesNotMatch")


def test_a_link_without_its_query_is_refused(links: Links) -> None:
    assert _refusal(_get(links()[0].partition("?")[0])) == (403, "AccessDenied")


@pytest.mark.parametrize("path", ["/", "/1d/ab/20261120/00000000-0000-0000-0000-000000000000/1.png"])
def test_an_unknown_picture_is_not_found(standin: StandIn, path: str) -> None:
    assert _refusal(_get(standin.picture_url + path)) == (404, "NoSuchKey")


def test_a_picture_cannot_be_changed(links: Links) -> None:
    assert _refusal(requests.put(links()[0], data=b"x", timeout=300)) == (405, "MethodNotAllowed")


def test_a_download_is_in_the_ledger(standin: StandIn, links: Links) -> None:
    _get(links("a cat")[0])
    entry = standin.ledger("picture")[0]
    assert (entry["method"], entry["status"], entry["prompt"]) == ("GET", 200, "a cat")
