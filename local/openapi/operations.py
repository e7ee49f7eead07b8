"""What each route is for, what it takes, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.openapi import parameters as given
from tongyi.http.dashscope import schemas as dashscope_schemas
from tongyi.http.gateway import schemas
from tongyi.http.openai import schemas as openai_schemas
from tongyi.http.webhooks import schemas as webhook_schemas
from tongyi.models import chat as chat_request
from tongyi.models.images import bodies as image_bodies

# Statuses of errors that every route has, and those that API Gateway answers by itself.
ANY = (401, 429, 500, 502)
API_GATEWAYS = (401, 429, 500, 502, 503, 504)
CHAT = (400, 503, 504)
ORDER = (400, 409, 503)
CHAT_TAG, PICTURES_TAG, TASKS_TAG, MODELS_TAG = "Chat", "Pictures", "Tasks", "Models"
WEBHOOKS_TAG = "Webhooks"

GATEWAY_ERROR = (schemas.Error,)
OPENAI_ERROR = (openai_schemas.OpenAIError,)


@dataclass(frozen=True)
class Operation:
    """A route.

    `replies` has the shapes of each status that is no error, none for a redirect; `errors` the statuses of errors, and
    `error_shapes` what they look like.
    """

    id: str
    tag: str
    summary: str
    replies: Mapping[int, tuple[type, ...]]
    bodies: tuple[type, ...] = ()
    parameters: tuple[given.Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    error_shapes: tuple[type, ...] = GATEWAY_ERROR
    # Shapes that a status has besides that of its error.
    failures: Mapping[int, tuple[type, ...]] = field(default_factory=dict)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/tongyi"): Operation(
        id="chat",
        tag=CHAT_TAG,
        summary="Answers a prompt, or the last message of a conversation.",
        bodies=(chat_request.ChatBody,),
        replies={200: (schemas.ChatReply,)},
        errors=CHAT,
    ),
    ("POST", "/v1/chat/completions"): Operation(
        id="completeChat",
        tag=CHAT_TAG,
        summary="The same in OpenAI's shape; bodies and answers are passed on. Not streamed.",
        bodies=(chat_request.OpenAIChatBody,),
        replies={200: (openai_schemas.OpenAIChatReply,)},
        errors=CHAT,
        error_shapes=OPENAI_ERROR,
    ),
    ("POST", "/api/v1/services/aigc/text-generation/generation"): Operation(
        id="generateText",
        tag=CHAT_TAG,
        summary="The same in DashScope's own shape; bodies and answers are passed on. Not streamed.",
        bodies=(chat_request.NativeChatBody,),
        replies={200: (dashscope_schemas.NativeChatReply,)},
        errors=CHAT,
    ),
    ("POST", "/v1/wanxiang"): Operation(
        id="submitTask",
        tag=PICTURES_TAG,
        summary="Takes an order for pictures, to the letter, and answers with its task.",
        bodies=(image_bodies.FlatBody, image_bodies.TaskBody),
        parameters=(given.IDEMPOTENCY_KEY,),
        replies={200: (schemas.SubmittedReply,)},
        errors=ORDER,
    ),
    ("POST", "/api/v1/services/aigc/text2image/image-synthesis"): Operation(
        id="synthesizeImages",
        tag=PICTURES_TAG,
        summary="The same for DashScope's SDK.",
        bodies=(image_bodies.TaskBody,),
        parameters=(given.ASYNC, given.IDEMPOTENCY_KEY),
        replies={200: (schemas.SubmittedReply,)},
        errors=(*ORDER, 403),
    ),
    ("POST", "/v1/images/generations"): Operation(
        id="generateImages",
        tag=PICTURES_TAG,
        summary="Takes an order for pictures, in the documented shape or in OpenAI's, and waits for them.",
        bodies=(image_bodies.LenientBody, image_bodies.OpenAIImageBody),
        parameters=(given.PREFER, given.IDEMPOTENCY_KEY),
        replies={
            200: (schemas.ResultReply, openai_schemas.OpenAIImagesReply),
            202: (schemas.ResultReply, openai_schemas.OpenAIImagesReply),
            303: (),
        },
        errors=ORDER,
        error_shapes=(schemas.Error, openai_schemas.OpenAIError),
        failures={400: (schemas.FailedReply,)},
    ),
    ("GET", "/v1/images/generations"): Operation(
        id="waitForImages",
        tag=PICTURES_TAG,
        summary="Where a client that follows redirects waits on for an order in OpenAI's shape.",
        parameters=(given.TASK_IN_QUERY, given.RESPONSE_FORMAT, given.ROUND),
        replies={200: (openai_schemas.OpenAIImagesReply,), 303: ()},
        errors=(400, 404, 503, 504),
        error_shapes=OPENAI_ERROR,
    ),
    ("POST", "/api/v1/services/aigc/multimodal-generation/generation"): Operation(
        id="generateMessage",
        tag=PICTURES_TAG,
        summary="Takes an order in the shape of DashScope's synchronous models, and waits for the pictures.",
        bodies=(image_bodies.MessageBody,),
        parameters=(given.ASYNC_OR_NOT, given.IDEMPOTENCY_KEY),
        replies={200: (dashscope_schemas.MessageReply, schemas.SubmittedReply), 303: ()},
        errors=ORDER,
    ),
    ("GET", "/api/v1/services/aigc/multimodal-generation/generation"): Operation(
        id="waitForMessage",
        tag=PICTURES_TAG,
        summary="Where a client that follows redirects waits on for such an order.",
        parameters=(given.TASK_IN_QUERY, given.ROUND),
        replies={200: (dashscope_schemas.MessageReply,), 303: ()},
        errors=(400, 404, 503, 504),
    ),
    ("GET", "/v1/images/{task_id}/{number}"): Operation(
        id="getPicture",
        tag=PICTURES_TAG,
        summary="Leads to a picture, by a link that is signed anew each time.",
        parameters=(given.TASK_IN_PATH, given.NUMBER),
        replies={302: ()},
        errors=(404, 503),
    ),
    ("GET", "/api/v1/uploads"): Operation(
        id="allowUpload",
        tag=PICTURES_TAG,
        summary="Gives leave to upload a reference picture to DashScope, which keeps it for 48 hours.",
        parameters=(given.ACTION, given.UPLOAD_MODEL),
        replies={200: (dashscope_schemas.UploadPolicyReply,)},
        errors=(400, 503, 504),
    ),
    ("GET", "/v1/wanxiang-results"): Operation(
        id="getResult",
        tag=TASKS_TAG,
        summary="Shows a task, and links to its pictures once it has them. A failed task is a 400.",
        parameters=(given.TASK_IN_QUERY, given.WAIT),
        replies={200: (schemas.ResultReply,)},
        errors=(400, 404, 503),
        failures={400: (schemas.FailedReply,), 404: (schemas.NotFoundReply,)},
    ),
    ("GET", "/api/v1/tasks/{task_id}"): Operation(
        id="fetchTask",
        tag=TASKS_TAG,
        summary="The same for DashScope's SDK: 200 also for a task that failed (FAILED) or is not there (UNKNOWN).",
        parameters=(given.TASK_IN_PATH, given.WAIT),
        replies={200: (schemas.ResultReply, schemas.UnknownReply)},
        errors=(400, 503),
    ),
    ("GET", "/api/v1/tasks"): Operation(
        id="listTasks",
        tag=TASKS_TAG,
        summary="Lists the caller's tasks of up to 24 hours, newest first.",
        parameters=given.LIST,
        replies={200: (dashscope_schemas.TaskListReply,)},
        errors=(400,),
    ),
    ("POST", "/api/v1/tasks/{task_id}/cancel"): Operation(
        id="cancelTask",
        tag=TASKS_TAG,
        summary="Calls off a task that is PENDING; any other is refused with UnsupportedOperation.",
        parameters=(given.TASK_IN_PATH,),
        replies={200: (dashscope_schemas.CanceledReply,)},
        errors=(400, 404, 503, 504),
    ),
    ("GET", "/v1/webhooks/deliveries"): Operation(
        id="listDeliveries",
        tag=WEBHOOKS_TAG,
        summary="Lists what became of the caller's webhooks, newest first.",
        parameters=given.DELIVERIES,
        replies={200: (webhook_schemas.DeliveryListReply,)},
        errors=(400,),
    ),
    ("GET", "/v1/webhooks/deliveries/{delivery_id}"): Operation(
        id="getDelivery",
        tag=WEBHOOKS_TAG,
        summary="Shows what became of one.",
        parameters=(given.DELIVERY_IN_PATH,),
        replies={200: (webhook_schemas.DeliveryReply,)},
        errors=(404,),
    ),
    ("POST", "/v1/webhooks/deliveries/{delivery_id}/resend"): Operation(
        id="resendDelivery",
        tag=WEBHOOKS_TAG,
        summary="Sends one again, whatever became of it, with all its attempts.",
        parameters=(given.DELIVERY_IN_PATH,),
        replies={202: (webhook_schemas.DeliveryReply,)},
        errors=(404, 503),
    ),
    ("GET", "/v1/models"): Operation(
        id="listModels",
        tag=MODELS_TAG,
        summary="Lists the models that requests may name.",
        replies={200: (openai_schemas.OpenAIModelList,)},
        error_shapes=OPENAI_ERROR,
    ),
    ("GET", "/v1/models/{model}"): Operation(
        id="getModel",
        tag=MODELS_TAG,
        summary="Shows one of them.",
        parameters=(given.MODEL_IN_PATH,),
        replies={200: (openai_schemas.OpenAIModel,)},
        errors=(404,),
        error_shapes=OPENAI_ERROR,
    ),
}
