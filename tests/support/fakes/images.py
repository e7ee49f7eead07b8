"""In-memory stand-ins of where pictures come from and go to. Each extends the real class, as those in `gateways` do."""

from __future__ import annotations

import hashlib
from typing import IO

from tongyi.gateways.outbound.image_source import Fetched, PictureSource
from tongyi.gateways.storage.image_bucket import PictureBucket
from tongyi.gateways.storage.image_format import PictureFacts


class FakePictureSource(PictureSource):
    """Writes `content`, or raises what stands in its place."""

    def __init__(self, content: bytes | Exception) -> None:
        self.content = content
        self.asked: list[str] = []

    def fetch(self, url: str, into: IO[bytes]) -> Fetched:
        self.asked.append(url)
        if isinstance(self.content, Exception):
            raise self.content
        into.write(self.content)
        return Fetched(len(self.content), hashlib.sha256(self.content).hexdigest())


class FakePictureBucket(PictureBucket):
    """Objects in a dictionary; links that say what was signed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.error = error
        self.read_keys: list[str] = []

    def put(self, task_id: str, image: int, file: IO[bytes], fetched: Fetched, facts: PictureFacts) -> str:
        if self.error:
            raise self.error
        file.seek(0)
        key = f"images/{task_id}/{image}.{facts.extension}"
        self.objects[key] = file.read()
        return key

    def read(self, key: str) -> bytes:
        self.read_keys.append(key)
        return self.objects[key]

    def link(self, key: str, seconds: int) -> str:
        return f"https://bucket.example/{key}?seconds={seconds}"
