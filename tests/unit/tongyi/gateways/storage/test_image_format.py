"""What a file really is."""

from __future__ import annotations

import io
import random
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tongyi.errors import PictureRefused, PictureUnavailable
from tongyi.gateways.storage.image_format import PictureFacts, inspect_picture


def _picture(kind: str = "PNG", width: int = 40, height: int = 30) -> bytes:
    made = Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))
    written = io.BytesIO()
    made.save(written, kind)
    return written.getvalue()


def _inspect(content: bytes) -> PictureFacts:
    return inspect_picture(io.BytesIO(content))


def _bomb(width: int, height: int) -> bytes:
    """A PNG of one colour: small as a file, however many pixels it has."""
    written = io.BytesIO()
    Image.new("1", (width, height)).save(written, "PNG")
    return written.getvalue()


PNG = _picture()


@pytest.mark.parametrize(
    ("kind", "content_type", "extension"),
    [("PNG", "image/png", "png"), ("JPEG", "image/jpeg", "jpg"), ("WEBP", "image/webp", "webp")],
)
def test_inspect_tells_type_and_size(kind: str, content_type: str, extension: str) -> None:
    assert _inspect(_picture(kind)) == PictureFacts(content_type, extension, 40, 30)


def test_inspect_reads_from_the_beginning_wherever_the_file_stands() -> None:
    file = io.BytesIO(PNG)
    file.seek(0, io.SEEK_END)
    assert inspect_picture(file).width == 40


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_inspect_refuses_other_kinds_of_pictures(kind: str) -> None:
    with pytest.raises(PictureUnavailable):
        _inspect(_picture(kind))


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_inspect_finds_out_what_is_no_picture(content: bytes) -> None:
    with pytest.raises(PictureUnavailable):
        _inspect(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_inspect_finds_out_a_truncated_picture(kind: str, share: float) -> None:
    content = _picture(kind)
    with pytest.raises(PictureUnavailable):
        _inspect(content[: int(len(content) * share)])


@settings(max_examples=50)
@given(st.integers(1, len(PNG) - 1))
@example(len(PNG) - 1)
@example(len(PNG) - 4)
@example(len(PNG) - 12)
def test_inspect_finds_out_a_png_that_ends_anywhere_too_early(end: int) -> None:
    with pytest.raises(PictureUnavailable):
        _inspect(PNG[:end])


@settings(max_examples=50)
@given(st.integers(8, len(PNG) - 1), st.integers(1, 255))
@example(len(PNG) - 1, 1)
def test_inspect_finds_out_a_png_with_any_byte_changed(place: int, change: int) -> None:
    damaged = bytearray(PNG)
    damaged[place] ^= change
    with pytest.raises(PictureUnavailable):
        _inspect(bytes(damaged))


@given(st.binary(max_size=200))
def test_inspect_never_fails_in_another_way(content: bytes) -> None:
    with pytest.raises(PictureUnavailable):
        _inspect(content)


def test_inspect_refuses_a_picture_with_too_many_pixels() -> None:
    with pytest.raises(PictureRefused, match="4097×4096 pixels"):
        _inspect(_bomb(4097, 4096))


def test_inspect_takes_a_picture_with_just_enough_pixels() -> None:
    assert _inspect(_bomb(4096, 4096)).width == 4096


def test_inspect_refuses_a_bomb_before_it_goes_off() -> None:
    """Its header alone claims more pixels than Pillow itself would stand."""
    header = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    with pytest.raises((PictureRefused, PictureUnavailable)):
        _inspect(b"\x89PNG\r\n\x1a\n" + chunk + PNG[33:])
