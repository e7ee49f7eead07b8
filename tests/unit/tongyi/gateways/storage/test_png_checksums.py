"""Checksums of PNG chunks, which decoding passes over: a file that fails one is damaged."""

from __future__ import annotations

import io

from PIL import Image

from tongyi.errors import PictureUnavailable
from tongyi.gateways.storage.image_format import inspect_picture


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(written, "PNG")
    return written.getvalue()


PNG = _png()
# The last four bytes of the picture's data chunk, before the twelve of the file's end.
CHECKSUM = range(len(PNG) - 16, len(PNG) - 12)


def test_every_byte_of_the_checksum_of_the_data_counts() -> None:
    taken = []
    for place in CHECKSUM:
        damaged = bytearray(PNG)
        damaged[place] ^= 1
        with Image.open(io.BytesIO(damaged)) as picture:
            picture.load()
        try:
            inspect_picture(io.BytesIO(damaged))
        except PictureUnavailable:
            continue
        taken.append(place)
    assert taken == []


def test_whole_picture_is_taken() -> None:
    assert inspect_picture(io.BytesIO(PNG)).width == 40
