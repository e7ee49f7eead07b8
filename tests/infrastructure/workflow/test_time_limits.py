"""What waits for something waits longer than it takes: call < function < state < workflow, and API < 29 s."""

from __future__ import annotations

import pytest

from local.tools import template
from tests.infrastructure.operations.queues import QUEUES, Source, sources
from tests.infrastructure.workflow.workflow_states import (
    definition,
    function_behind,
    machine_of,
    retries,
    tasks,
)
from tongyi.gateways import aws, http_client
from tongyi.gateways.dashscope import client as dashscope
from tongyi.gateways.messaging import delivery_queue
from tongyi.gateways.outbound import image_source, webhook_sender
from tongyi.http import preferences, time_limit
from tongyi.models.batches.input_file import MOST_REQUESTS
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.models.tasks import schedule
from tongyi.models.webhooks import delivery
from tongyi.models.workflow import lost_submission
from tongyi.usecases.batches import submit_lines
from tongyi.usecases.tasks import cancel_task, show_task
from tongyi.usecases.webhooks import send_webhook
from tongyi.usecases.workflow import dispatch_job, reconcile, send_job

FUNCTIONS = template.resources(template.FUNCTION)
API_GATEWAY_SECONDS = 29
# Functions of routes that wait for pictures.
WAITING = ["GenerateImagesFunction", "GetResultFunction"]
# Seconds that the longest call over HTTP takes, with what must pass before it in the same run.
SENDING = dispatch_job.SLEEP_MS / 1000 + http_client.CONNECT_SECONDS + dashscope.SUBMIT_SECONDS
GENERATING = dispatch_job.SLEEP_MS / 1000 + http_client.CONNECT_SECONDS + dashscope.GENERATE_SECONDS
HTTP_SECONDS = {
    "ChatFunction": http_client.CONNECT_SECONDS + dashscope.CHAT_SECONDS,
    "CancelTaskFunction": http_client.CONNECT_SECONDS + cancel_task.MOST_SECONDS,
    "AllowUploadFunction": http_client.CONNECT_SECONDS + dashscope.QUERY_SECONDS,
    "DispatchJobFunction": max(SENDING, GENERATING, http_client.CONNECT_SECONDS + dashscope.QUERY_SECONDS),
    "CheckJobFunction": http_client.CONNECT_SECONDS + dashscope.QUERY_SECONDS,
    "StoreImageFunction": 2 * http_client.CONNECT_SECONDS
    + image_source.FETCH_SECONDS
    + dashscope.QUERY_SECONDS,
    # Its limit holds for the whole attempt, but for the look-up of a name: some 10 s at most.
    "SendWebhookFunction": webhook_sender.TOTAL_SECONDS + 10,
}


def test_functions_outlast_their_calls_over_http() -> None:
    limits = {function: FUNCTIONS[function]["Timeout"] for function in HTTP_SECONDS}

    assert {function for function, seconds in HTTP_SECONDS.items() if seconds >= limits[function]} == set()


def test_functions_that_reach_upstream_are_all_looked_at() -> None:
    reach = {
        name
        for name, properties in FUNCTIONS.items()
        if {"DASHSCOPE_BASE_URL", "RESULT_HOSTS", "WEBHOOK_RETRY_SECONDS"}
        & properties["Environment"]["Variables"].keys()
    }

    assert reach == set(HTTP_SECONDS)


def test_functions_outlast_a_call_of_aws() -> None:
    call = aws.CONNECT_SECONDS + aws.READ_SECONDS

    assert {name for name, properties in FUNCTIONS.items() if properties["Timeout"] <= call} == set()


def test_functions_of_the_api_end_before_api_gateway_gives_up() -> None:
    asked = {function for function, _ in template.routes().values()} | {"AuthorizeFunction"}

    assert {function for function in asked if FUNCTIONS[function]["Timeout"] >= API_GATEWAY_SECONDS} == set()


def test_submission_outlasts_its_wait_for_the_dispatch() -> None:
    submit = FUNCTIONS["SubmitTaskFunction"]
    wait = float(submit["Environment"]["Variables"]["DISPATCH_WAIT_SECONDS"])

    assert wait + aws.CONNECT_SECONDS + aws.READ_SECONDS < submit["Timeout"]


@pytest.mark.parametrize("function", WAITING)
def test_function_outlasts_the_longest_wait_of_its_caller(function: str) -> None:
    assert FUNCTIONS[function]["Timeout"] > preferences.LONGEST_WAIT + show_task.POLL_SECONDS


def test_reply_at_the_limit_is_on_its_way_before_api_gateway_gives_up() -> None:
    """A second and more for the last look at the task, and for pictures inside the reply."""
    assert preferences.LONGEST_WAIT <= time_limit.REPLY_SECONDS
    assert dashscope.CHAT_SECONDS <= time_limit.REPLY_SECONDS
    assert time_limit.REPLY_SECONDS + show_task.POLL_SECONDS + 1 < API_GATEWAY_SECONDS


def test_functions_that_wait_for_pictures_start_sooner_than_the_others() -> None:
    """A start is CPU, of which a function has as much as it has memory; and what it takes is not waited."""
    usual = template.load()["Globals"]["Function"]["MemorySize"]

    assert {FUNCTIONS[name].get("MemorySize", usual) for name in WAITING} == {2 * usual}


def test_cancellation_has_time_for_a_call_after_its_wait_for_a_submission() -> None:
    assert cancel_task.PATIENCE_MS / 1000 + dashscope.QUERY_SECONDS < cancel_task.MOST_SECONDS
    assert cancel_task.PATIENCE_MS / 1000 >= dashscope.SUBMIT_SECONDS


def test_synchronous_call_is_surely_over_when_its_job_is_given_up() -> None:
    """Else it could yet answer with pictures that somebody pays for and nobody sees."""
    call = lost_submission.MARK_TO_CALL_MS / 1000 + http_client.CONNECT_SECONDS + dashscope.GENERATE_SECONDS

    assert call < send_job.CALL_MS / 1000


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.function)
def test_message_stays_hidden_for_six_times_as_long_as_its_function_may_take(source: Source) -> None:
    """As Lambda's guide asks: else it is seen again while the batch is at work, or waits to be retried."""
    window = source.settings.get("MaximumBatchingWindowInSeconds", 0)

    assert QUEUES[source.queue]["VisibilityTimeout"] >= window + 6 * FUNCTIONS[source.function]["Timeout"]


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.function)
def test_function_of_a_queue_outlasts_two_slow_calls_of_aws_for_each_message(source: Source) -> None:
    """With the usual few milliseconds a call it is far from its limit; what is cut off comes again."""
    longest = aws.CONNECT_SECONDS + aws.READ_SECONDS

    assert FUNCTIONS[source.function]["Timeout"] > 2 * longest
    assert FUNCTIONS[source.function]["Timeout"] / source.settings["BatchSize"] >= 2


def test_states_outlast_their_functions() -> None:
    """Else a retry would begin while the function is still at work."""
    limits = {name: FUNCTIONS[function_behind(task)]["Timeout"] for name, task in tasks().items()}

    assert {name for name, task in tasks().items() if limits[name] >= task["TimeoutSeconds"]} == set()


def test_workflows_outlast_each_state_with_its_retries() -> None:
    for name, task in tasks().items():
        longest = sum(
            retry["MaxAttempts"] * (task["TimeoutSeconds"] + retry["MaxDelaySeconds"])
            for retry in retries(task)
        )
        assert longest + task["TimeoutSeconds"] < definition(machine_of(name))["TimeoutSeconds"], name


def test_workflow_outlasts_what_the_code_waits_for() -> None:
    """In the line, then refused for up to a day, then looked for and at work upstream until it forgets."""
    line = int(template.defaults()["MaxQueueSeconds"])
    sent = line + schedule.SENDING_LIMIT

    assert sent + 2 * schedule.UPSTREAM_MEMORY < definition("ImageTask")["TimeoutSeconds"]


def test_workflow_of_a_file_outlasts_the_longest_file_and_its_last_task() -> None:
    """A full file for a model that takes two a minute, alone in its line."""
    slowest = max(model.rate.spacing_ms for model in IMAGE_MODELS.values()) / 1000
    task = definition("ImageTask")["TimeoutSeconds"]

    assert MOST_REQUESTS * slowest + task < definition("ImageFile")["TimeoutSeconds"]


def test_round_of_a_chunk_ends_before_its_function() -> None:
    """What is under way when its time is over calls AWS for one request more, and then reports."""
    longest = aws.CONNECT_SECONDS + aws.READ_SECONDS

    assert submit_lines.MOST_SECONDS + 8 * longest < FUNCTIONS["SubmitLinesFunction"]["Timeout"]


def test_lost_submission_is_looked_for_once_its_call_is_surely_over() -> None:
    wait = int(template.defaults()["LostSubmissionSeconds"])

    assert max(send_job.SUBMISSION_MS / 1000, SENDING) < wait


def test_slot_that_is_slept_for_is_within_the_lead_of_the_state_machine() -> None:
    """The state machine waits whole seconds and wakes the function early: the rest must be short enough to sleep."""
    assert dispatch_job.LEAD_MS + 1000 <= dispatch_job.SLEEP_MS


def test_claim_of_an_attempt_outlasts_its_function_and_is_over_when_the_message_comes_again() -> None:
    """Else one attempt could be made twice at once, or a message would wait once more after each crash."""
    lease = send_webhook.LEASE_MS / 1000

    assert FUNCTIONS["SendWebhookFunction"]["Timeout"] < lease < QUEUES["Deliveries"]["VisibilityTimeout"]


def test_queue_keeps_a_webhook_for_longer_than_all_its_attempts_may_take() -> None:
    """Also where a receiver asks for the longest wait before each of them."""
    waits = [int(part) for part in template.defaults()["WebhookRetrySeconds"].split(",")]
    longest = sum(max(wait * (1 + delivery.MOST_JITTER), delivery.DAY_SECONDS) for wait in waits)

    assert longest < QUEUES["Deliveries"]["MessageRetentionPeriod"]


def test_webhook_is_received_more_often_than_its_waits_take_steps() -> None:
    waits = [int(part) for part in template.defaults()["WebhookRetrySeconds"].split(",")]
    steps = len(waits) * (1 + delivery.DAY_SECONDS // delivery_queue.LONGEST_WAIT)

    assert steps * 10 < QUEUES["Deliveries"]["RedrivePolicy"]["maxReceiveCount"]


def test_message_is_hidden_for_no_longer_than_sqs_can() -> None:
    """Twelve hours from when it was received, and the function has taken some of them."""
    assert delivery_queue.LONGEST_WAIT + FUNCTIONS["SendWebhookFunction"]["Timeout"] < 12 * 3600


def test_run_of_reconcile_ends_before_its_function_and_that_before_the_next() -> None:
    """What is under way when its time is over calls AWS three times more, each repeated."""
    longest = aws.ATTEMPTS * (aws.CONNECT_SECONDS + aws.READ_SECONDS)
    function = FUNCTIONS["ReconcileFunction"]
    (schedule_,) = function["Events"].values()
    number, unit = schedule_["Properties"]["Schedule"].removeprefix("rate(").removesuffix(")").split()

    assert unit == "minutes"
    assert reconcile.MOST_SECONDS + 2 * longest < function["Timeout"] < int(number) * 60


def test_order_is_not_looked_at_while_it_is_being_taken() -> None:
    taking = ("SubmitTaskFunction", "GenerateImagesFunction", "SubmitBatchFunction", "SubmitLinesFunction")

    assert max(FUNCTIONS[name]["Timeout"] for name in taking) <= schedule.FIRST_LOOK
