"""Reports of chunks in DynamoDB: exact whatever is repeated or comes together, and no dearer with the file's size."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.fakes.batches import RUN, FakeFileTable, a_progress
from tests.support.fakes.gateways import FakeClock
from tests.unit.tongyi.conftest import TABLE
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.base.backoff import ROUNDS
from tongyi.gateways.dynamodb.base.items import ConditionFailed, encode
from tongyi.gateways.dynamodb.file_table import FileTable
from tongyi.models.batches.input_file import MOST_REQUESTS
from tongyi.models.batches.run import CHUNK_REQUESTS, RequestStatus
from tongyi.models.batches.summary import COUNTED, Counts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST_KEY = "k" * 1024
# What of a transaction an item of up to so many bytes costs twice.
WRITE_UNIT_BYTES = 1024


class Interfered:
    """A client between whose reads and whose transactions something happens, each in its turn."""

    def __init__(self, client: DynamoDBClient, *happens: Callable[[Any], object]) -> None:
        self._client = client
        self._happens = list(happens)
        self.transactions: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **given: Any) -> Any:
        self.transactions.append(given["TransactItems"])
        if self._happens:
            self._happens.pop(0)(given)
        return self._client.transact_write_items(**given)


def _canceled(*codes: str) -> Callable[[Any], object]:
    """DynamoDB's refusal, with a reason for each item."""

    def refuse(_: Any) -> None:
        reasons = [{"Code": code} for code in codes]
        raise ClientError(
            {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},  # type: ignore[typeddict-item]
            "TransactWriteItems",
        )

    return refuse


CONFLICT = _canceled("None", "TransactionConflict")


def _table(client: Any, clock: FakeClock | None = None) -> FileTable:
    return FileTable(client, TABLE, clock or FakeClock(), lambda: 1.0)


def _totals(table: FileTable) -> Counts:
    found = table.get(RUN)
    assert found is not None
    return found.totals


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest) -> FileTable:
    made = FakeFileTable() if request.param == "fake" else _table(request.getfixturevalue("dynamodb"))
    made.begin(a_progress())
    return made


def test_report_says_how_far_the_run_is(table: FileTable) -> None:
    table.report(RUN, 0, {"pending": 2, "pictures": 0})
    found = table.report(RUN, 12, {"refused": 1, "pending": 1})
    assert found == a_progress(totals={"pending": 3, "refused": 1})
    assert table.get(RUN) == found


def test_report_of_a_chunk_takes_the_place_of_its_last_one(table: FileTable) -> None:
    table.report(RUN, 0, {"pending": 2})
    table.report(RUN, 1, {"pending": 5})
    table.report(RUN, 0, {"succeeded": 2, "pictures": 3})
    assert table.report(RUN, 1, {}).totals == {"succeeded": 2, "pictures": 3}


def test_report_may_be_repeated(table: FileTable) -> None:
    for _ in range(3):
        assert table.report(RUN, 0, {"succeeded": 2}).totals == {"succeeded": 2}


def test_reported_chunks_are_known_also_those_that_had_nothing_to_say(table: FileTable) -> None:
    assert table.reported(RUN) == set()
    for number in (0, 3, 1999):
        table.report(RUN, number, {})
    assert table.reported(RUN) == {0, 3, 1999}


def test_totals_are_those_of_all_chunks_in_whatever_order_they_report(table: FileTable) -> None:
    order = random.Random(7)
    last: dict[int, Counts] = {}
    for _ in range(30):
        number = order.randrange(4)
        last[number] = {name: order.randrange(CHUNK_REQUESTS) for name in COUNTED}
        found = table.report(RUN, number, last[number]).totals
        assert found == {
            name: total for name in COUNTED if (total := sum(counts[name] for counts in last.values()))
        }


def test_report_makes_no_run_that_was_not_begun(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(ConditionFailed):
        _table(dynamodb).report(RUN, 0, {"pending": 2})
    assert dynamodb.scan(TableName=TABLE)["Items"] == []


def test_report_whose_reply_was_lost_counts_once(dynamodb: DynamoDBClient) -> None:
    """The client sends it once more, and DynamoDB has forgotten that it did it already."""
    table = _table(dynamodb)
    table.begin(a_progress())
    table.report(RUN, 0, {"pending": 2})
    interfered = Interfered(dynamodb, lambda given: dynamodb.transact_write_items(**given))

    assert _table(interfered).report(RUN, 0, {"succeeded": 2}).totals == {"succeeded": 2}
    assert _totals(table) == {"succeeded": 2}


def test_report_counts_from_what_a_step_has_written_meanwhile_that_went_on_after_its_time(
    dynamodb: DynamoDBClient,
) -> None:
    table = _table(dynamodb)
    table.begin(a_progress())
    # At first the chunk has no counts yet.
    for succeeded in (2, 3):
        interfered = Interfered(dynamodb, lambda _: table.report(RUN, 0, {"pending": 1, "refused": 1}))
        found = _table(interfered).report(RUN, 0, {"succeeded": succeeded})
        assert (found.totals, len(interfered.transactions)) == ({"succeeded": succeeded}, 2)


@pytest.mark.parametrize(
    "reasons",
    [
        ("None", "TransactionConflict"),
        ("TransactionConflict", "None"),
        ("None", "ThrottlingError"),
        ("None", "ProvisionedThroughputExceeded"),
        ("ConditionalCheckFailed", "TransactionConflict"),
    ],
)
def test_report_waits_and_comes_again_where_other_chunks_report(
    dynamodb: DynamoDBClient, reasons: tuple[str, ...]
) -> None:
    clock, interfered = FakeClock(), Interfered(dynamodb, *[_canceled(*reasons)] * 3)
    table = _table(interfered, clock)
    table.begin(a_progress())
    assert table.report(RUN, 0, {"pending": 2}).totals == {"pending": 2}
    assert (len(interfered.transactions), clock.slept) == (4, [0.05, 0.1, 0.2])


def test_report_gives_up_after_so_many_rounds_and_has_changed_nothing(dynamodb: DynamoDBClient) -> None:
    clock, interfered = FakeClock(), Interfered(dynamodb, *[CONFLICT] * 100)
    table = _table(interfered, clock)
    table.begin(a_progress())
    with pytest.raises(RecordsUnavailable):
        table.report(RUN, 0, {"pending": 2})
    assert (len(interfered.transactions), len(clock.slept)) == (ROUNDS, ROUNDS - 1)
    assert (_totals(table), table.reported(RUN)) == ({}, set())


@pytest.mark.parametrize("reasons", [("None", "ValidationError"), ("None", "None"), ()])
def test_report_does_not_repeat_what_is_refused_for_good(
    dynamodb: DynamoDBClient, reasons: tuple[str, ...]
) -> None:
    interfered = Interfered(dynamodb, *[_canceled(*reasons)] * 2)
    table = _table(interfered)
    table.begin(a_progress())
    with pytest.raises(ClientError):
        table.report(RUN, 0, {"pending": 2})
    assert len(interfered.transactions) == 1


class Busy:
    """A client that refuses so many updates, as DynamoDB does while a transaction changes their item."""

    def __init__(self, client: DynamoDBClient, times: int, run: str) -> None:
        self._client = client
        self._left = times
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **given: Any) -> Any:
        if given["Key"]["pk"]["S"] == f"FILE#{self._run}" and self._left:
            self._left -= 1
            raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "UpdateItem")
        return self._client.update_item(**given)


def test_run_is_superseded_also_while_its_chunks_report(dynamodb: DynamoDBClient) -> None:
    table = _table(Busy(dynamodb, 3, RUN))
    table.begin(a_progress(sequence="01"))
    table.begin(a_progress(run="later", sequence="02"))
    found = table.get(RUN)
    assert found is not None
    assert found.superseded
    with pytest.raises(RecordsUnavailable):
        _table(Busy(dynamodb, 100, "later")).begin(a_progress(run="third", sequence="03"))


def test_chunks_expire_with_their_run(dynamodb: DynamoDBClient) -> None:
    table = _table(dynamodb)
    table.begin(a_progress())
    table.report(RUN, 0, {"pending": 2})
    table.report(RUN, 0, {"succeeded": 2})
    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert {item["sk"]["S"]: item["expires_at"]["N"] for item in items} == dict.fromkeys(
        ("FILE", "LAST", "CHUNK#00000"), str(a_progress().expires_at)
    )


@pytest.mark.parametrize(("key", "units"), [("requests/alice/cats.jsonl", 4), (LONGEST_KEY, 6)])
def test_report_costs_the_same_for_the_first_chunk_and_for_the_last_of_the_largest_file(
    dynamodb: DynamoDBClient, key: str, units: int
) -> None:
    chunks = MOST_REQUESTS // CHUNK_REQUESTS
    full = {**dict.fromkeys((status.lower() for status in RequestStatus), CHUNK_REQUESTS), "pictures": 100}
    table = _table(dynamodb)
    table.begin(a_progress(key=key, requests=MOST_REQUESTS))
    table.report(RUN, 0, full)
    first = _written_units(dynamodb, 0)
    _count_up(dynamodb, {name: count * (chunks - 2) for name, count in full.items()})
    table.report(RUN, chunks - 1, full)

    assert _totals(table)["pictures"] == 100 * chunks
    assert (first, _written_units(dynamodb, chunks - 1)) == (units, units)


def _count_up(client: DynamoDBClient, counts: Mapping[str, int]) -> None:
    """Stands for the reports of all chunks between the first and the last."""
    client.update_item(
        TableName=TABLE,
        Key=encode({"pk": f"FILE#{RUN}", "sk": "FILE"}),
        UpdateExpression="ADD " + ", ".join(f"total_{name} :{name}" for name in counts),
        ExpressionAttributeValues=encode({f":{name}": count for name, count in counts.items()}),
    )


def _written_units(client: DynamoDBClient, chunk: int) -> int:
    """What a transaction that writes these two items takes: two units for each begun 1,024 bytes of each."""
    keys = [{"pk": f"FILE#{RUN}", "sk": sk} for sk in ("FILE", f"CHUNK#{chunk:05d}")]
    items = [client.get_item(TableName=TABLE, Key=encode(key))["Item"] for key in keys]
    return sum(2 * math.ceil(_bytes(item) / WRITE_UNIT_BYTES) for item in items)


def _bytes(value: object) -> int:
    """As DynamoDB counts: names and values, numbers at their longest, three for a map and one for each entry."""
    if isinstance(value, dict) and len(value) == 1 and "M" in value:
        return 3 + sum(1 + len(name) + _bytes(part) for name, part in value["M"].items())
    if isinstance(value, dict) and len(value) == 1 and "N" in value:
        return 1 + (len(value["N"]) + 1) // 2 + 1
    if isinstance(value, dict) and len(value) == 1 and "BOOL" in value:
        return 1
    if isinstance(value, dict) and len(value) == 1 and "S" in value:
        return len(value["S"].encode())
    assert isinstance(value, dict)
    return sum(len(name) + _bytes(part) for name, part in value.items())
