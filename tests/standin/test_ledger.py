"""The ledger, without HTTP."""

from __future__ import annotations

import threading

from local.standin.ledger import Ledger


def _ledger() -> Ledger:
    ledger = Ledger(threading.RLock())
    ledger.open(endpoint="submit", prompt="a cat")
    ledger.open(endpoint="query", prompt="a cat")
    ledger.open(endpoint="submit", prompt="a dog")
    return ledger


def _seqs(ledger: Ledger, **filters: object) -> list[int]:
    return [entry["seq"] for entry in ledger.read(**filters)]  # type: ignore[arg-type]


def test_read_is_in_the_order_of_arrival() -> None:
    assert _seqs(_ledger()) == [1, 2, 3]


def test_read_filters_by_endpoint() -> None:
    assert _seqs(_ledger(), endpoint="submit") == [1, 3]


def test_read_filters_by_since() -> None:
    assert _seqs(_ledger(), since=1) == [2, 3]


def test_read_filters_by_prompt() -> None:
    assert _seqs(_ledger(), prompt_contains="dog") == [3]


def test_read_gives_copies() -> None:
    ledger = _ledger()
    ledger.read()[0]["endpoint"] = "changed"
    assert ledger.read()[0]["endpoint"] == "submit"


def test_note_completes_an_entry() -> None:
    ledger = Ledger(threading.RLock())
    ledger.note(ledger.open(endpoint="submit"), status=200)
    assert ledger.read()[0]["status"] == 200


def test_clear_goes_on_numbering() -> None:
    ledger = _ledger()
    ledger.clear()
    assert ledger.open()["seq"] == 4


def test_reset_numbers_from_one() -> None:
    ledger = _ledger()
    ledger.reset()
    assert ledger.open()["seq"] == 1


def test_many_threads_get_a_number_each() -> None:
    ledger = Ledger(threading.RLock())
    threads = [threading.Thread(target=lambda: [ledger.open() for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert _seqs(ledger) == list(range(1, 401))
