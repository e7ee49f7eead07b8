"""Which pictures may yet be copied, and how long their links live."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.records import DAY, NOW, SECOND, a_failed_image, a_stored_image, a_task, an_image
from tongyi.models.images.copying import has_pictures_to_copy, link_expiry, worth_copying
from tongyi.models.tasks.records import ImageRecord
from tongyi.models.tasks.status import ImageStatus

HOST = "https://pictures.example/1.png"
LEFT = {"status": ImageStatus.UNCOPIED, "attempts": 10}


@pytest.mark.parametrize("image", [an_image(), an_image(**LEFT)])
def test_picture_is_worth_copying_while_its_link_lives(image: ImageRecord) -> None:
    alive = [at for at in (NOW, NOW + DAY - 1, NOW + DAY, NOW + 2 * DAY) if worth_copying(image, at)]
    assert alive == [NOW, NOW + DAY - 1]


@pytest.mark.parametrize(
    "image",
    [
        a_stored_image(),
        a_failed_image(),
        a_failed_image(url=HOST, url_expires_at=NOW + DAY),
        an_image(**LEFT, refused=True),
        an_image(**LEFT, url=None),
        an_image(**LEFT, url_expires_at=None),
    ],
)
def test_picture_is_not_worth_copying(image: ImageRecord) -> None:
    assert not worth_copying(image, NOW)


@pytest.mark.parametrize(
    ("query", "lives"),
    [
        ("", DAY),
        ("?x=1", DAY),
        (f"?Expires={(NOW + 3 * DAY) // SECOND}", DAY),
        (f"?a=b&Expires={NOW // SECOND + 60}&Signature=x", 60 * SECOND - NOW % SECOND),
        ("?Expires=1", 1_000 - NOW),
        ("?Expires=", DAY),
        ("?Expires=soon", DAY),
        ("?Expires=-1", DAY),
        ("?Expires=\N{ARABIC-INDIC DIGIT ONE}", DAY),
        (f"?Expires={'9' * 5000}", DAY),
    ],
)
def test_link_lives_for_a_day_or_as_long_as_its_signature(query: str, lives: int) -> None:
    assert link_expiry(HOST + query, NOW) == NOW + lives


@given(st.text(max_size=40))
def test_link_of_any_text_lives_for_a_day_at_most(text: Any) -> None:
    assert link_expiry(f"https://[{text}", NOW) <= NOW + DAY


@pytest.mark.parametrize(("refused", "left"), [(False, True), (True, False)])
def test_task_has_pictures_to_copy_while_one_is_worth_it(*, refused: bool, left: bool) -> None:
    task = a_task(images={1: a_stored_image(), 2: an_image(**LEFT, refused=refused)})
    assert [has_pictures_to_copy(task, at) for at in (NOW, NOW + DAY)] == [left, False]
