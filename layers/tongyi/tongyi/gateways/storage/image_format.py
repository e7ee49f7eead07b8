"""What a file really is, told from its bytes, by Pillow."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import IO

from tongyi.errors import PictureRefused, PictureUnavailable

FORMATS = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}
MAX_PIXELS = 4096 * 4096
# The chunk IEND: no data, its name and its checksum (PNG specification, 11.2.5).
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Type and size; width and height in pixels."""

    content_type: str
    extension: str
    width: int
    height: int


def inspect_picture(file: IO[bytes]) -> PictureFacts:
    """Decodes the whole picture, so that a damaged one is found out.

    Raises PictureUnavailable for what is broken or no picture (a fresh copy may be sound), PictureRefused for one of
    more than 4096×4096 pixels.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            _verify(file)
            file.seek(0)
            with Image.open(file, formats=tuple(FORMATS)) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise PictureRefused(f"The picture has {width}×{height} pixels, which is too many.")
                picture.load()
                content_type, extension = FORMATS[str(picture.format)]
            _check_end(file, content_type)
    except PictureRefused:
        raise
    except Exception as error:
        # Pillow's decoders raise many kinds of errors (OSError, SyntaxError, ValueError, struct.error …) on bad bytes.
        raise PictureUnavailable("What came is no whole PNG, JPEG or WebP picture.") from error
    return PictureFacts(content_type, extension, width, height)


def _check_end(file: IO[bytes], content_type: str) -> None:
    """Pillow does not read the last chunk of a PNG: without it a file may lack its end, and still decode."""
    if content_type == "image/png":
        file.seek(-len(PNG_END), io.SEEK_END)
        if file.read() != PNG_END:
            raise ValueError("no end")


def _verify(file: IO[bytes]) -> None:
    """Checks what decoding passes over, such as the checksums of PNG chunks and a missing end."""
    from PIL import Image

    file.seek(0)
    with Image.open(file, formats=tuple(FORMATS)) as picture:
        picture.verify()
