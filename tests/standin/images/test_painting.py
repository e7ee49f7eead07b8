"""The paintings and the links to them, without HTTP."""

from __future__ import annotations

import io
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from local.standin.catalog import WANX_V1, Limit
from local.standin.clock import DAY
from local.standin.errors import StorageError
from local.standin.images.gallery import Gallery, corrupted
from local.standin.images.links import LinkSigner, PictureName, read_path
from local.standin.images.painting import paint_png
from local.standin.images.palettes import STYLES
from local.standin.tasks.outcome import Fate
from local.standin.tasks.schedule import Order, Task, TaskStore


@pytest.mark.parametrize("size", WANX_V1.sizes)
def test_a_picture_is_a_png_of_the_size_asked_for(size: str) -> None:
    width, height = (int(side) for side in size.split("*"))
    with Image.open(io.BytesIO(Gallery().picture(1, "<sketch>", size))) as picture:
        assert (picture.format, picture.size) == ("PNG", (width, height))


@pytest.mark.parametrize("style", WANX_V1.styles)
def test_equal_arguments_give_equal_bytes(style: str) -> None:
    assert paint_png(5, style, 128, 128) == paint_png(5, style, 128, 128)


@pytest.mark.parametrize("style", WANX_V1.styles)
def test_each_seed_gives_another_picture(style: str) -> None:
    assert len({paint_png(seed, style, 128, 128) for seed in range(6)}) == 6


def test_each_style_gives_another_picture() -> None:
    assert len({paint_png(5, style, 128, 128) for style in WANX_V1.styles}) == len(WANX_V1.styles)


def test_every_style_of_the_catalog_has_a_motif() -> None:
    assert set(STYLES) == set(WANX_V1.styles)


@pytest.mark.parametrize("size", ["262144*1", "1*262144", "2048*2048"])
def test_a_picture_of_any_shape_is_painted(size: str) -> None:
    width, height = (int(side) for side in size.split("*"))
    with Image.open(io.BytesIO(Gallery().picture(1, "<auto>", size))) as picture:
        assert picture.size == (width, height)


def test_the_gallery_paints_a_picture_once() -> None:
    gallery = Gallery()
    assert gallery.picture(1, "<anime>", "720*1280") is gallery.picture(1, "<anime>", "720*1280")


def test_a_corrupted_picture_starts_like_a_png() -> None:
    assert corrupted(paint_png(1, "<anime>", 128, 128))[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_corrupted_picture_cannot_be_decoded() -> None:
    damaged = corrupted(paint_png(1, "<anime>", 128, 128))
    with pytest.raises((OSError, SyntaxError)), Image.open(io.BytesIO(damaged)) as picture:
        picture.load()


def _task() -> Task:
    order = Order("wanx-v1", "a cat", 2, "1024*1024", "<auto>", 7)
    task = Task("key", order, Fate(), "request", 1_795_176_000.0, pending_seconds=0, seconds_per_image=0)
    TaskStore(threading.RLock()).add(task, Limit(2, 1.0))
    return task


def _link(signer: LinkSigner, task: Task) -> tuple[str, dict[str, str]]:
    parts = urlsplit(signer.link("http://127.0.0.1:1", task, 1))
    return parts.path, dict(parse_qsl(parts.query))


def test_a_link_names_its_picture() -> None:
    task = _task()
    assert read_path(_link(LinkSigner(), task)[0]) == PictureName(task.id, 1)


def test_a_link_is_the_same_each_time() -> None:
    signer, task = LinkSigner(), _task()
    assert _link(signer, task) == _link(signer, task)


def test_a_genuine_link_is_good_for_a_day() -> None:
    signer, task = LinkSigner(), _task()
    signer.verify(*_link(signer, task), task.submitted + DAY - 1)


def _refusal(change: dict[str, str], age: float = 0.0) -> str:
    signer, task = LinkSigner(), _task()
    path, query = _link(signer, task)
    with pytest.raises(StorageError) as refused:
        signer.verify(path, {**query, **change}, task.submitted + age)
    return refused.value.code + ": " + refused.value.message


def test_a_link_expires_after_a_day() -> None:
    assert _refusal({}, DAY) == "AccessDenied: Request has expired."


def test_a_changed_signature_is_refused() -> None:
    assert _refusal({"Signature": "x"}).startswith("SignatureDoesNotMatch")


def test_a_prolonged_expiry_is_refused() -> None:
    assert _refusal({"Expires": "9999999999"}).startswith("SignatureDoesNotMatch")


def test_an_unsigned_link_is_refused() -> None:
    assert _refusal({"Expires": ""}).startswith("AccessDenied")


def test_another_picture_cannot_be_had_with_the_same_signature() -> None:
    signer, task = LinkSigner(), _task()
    path, query = _link(signer, task)
    with pytest.raises(StorageError):
        signer.verify(path.replace("/2.png", "/1.png"), query, task.submitted)


@pytest.mark.parametrize("path", ["/", "/1d/ab/20261120/x/1.png", "/1d/ab/20261120/" + "0" * 36 + "/0.png"])
def test_read_path_knows_no_other_paths(path: str) -> None:
    assert read_path(path) is None
