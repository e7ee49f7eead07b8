"""What to do about an error, in both languages. The gateway's documents promise one with every error.

An exact code wins, then its family (the part before the dot), then the HTTP status.
"""

from __future__ import annotations

from tongyi.http.language import Language

Suggestion = dict[Language, str]

_REPHRASE: Suggestion = {
    "zh": "内容未通过安全审核。请修改提示词，去掉可能违规或侵权的内容后重新提交。",
    "en": "The content was refused by a safety check. Rephrase the prompt and submit it again.",
}
_WAIT: Suggestion = {
    "zh": "请求过于频繁。请按 Retry-After 给出的秒数等待后再试。",
    "en": "There are too many requests. Wait for the seconds that Retry-After gives, then try again.",
}
_PAY: Suggestion = {
    "zh": "服务方的百炼账户不可用（欠费或额度用尽）。请联系网关的管理员处理，重试无效。",
    "en": "The operator's DashScope account is unpaid or used up. Ask the gateway's operator; repeating does not help.",
}
_OPERATOR: Suggestion = {
    "zh": "网关的配置有误。请联系网关的管理员，并提供 request_id。",
    "en": "The gateway is not set up correctly. Ask its operator, and give the request_id.",
}
_LATER: Suggestion = {
    "zh": "服务暂时不可用。请稍后重试；若仍失败，请联系管理员并提供 request_id。",
    "en": "The service is not available for the moment. Try again later, or tell the operator the request_id.",
}

_BY_CODE: dict[str, Suggestion] = {
    "InvalidParameter": {
        "zh": "请按 message 的说明改正参数后重新提交。",
        "en": "Correct the parameter as the message says, and submit again.",
    },
    "InvalidParameter.DataInspection": _REPHRASE,
    "DataInspectionFailed": _REPHRASE,
    "IPInfringementSuspect": _REPHRASE,
    "InvalidURL": {
        "zh": "请确认图片链接可以公开访问，且不含中文字符。",
        "en": "Make sure that anyone can open the picture's URL, and that it holds no Chinese characters.",
    },
    "RequestTooLarge": {
        "zh": "请求体不能超过 256 KB。请缩短内容，参考图请用链接。",
        "en": "A body may have 256 KB at most. Shorten it, and send reference pictures as links.",
    },
    "InvalidApiKey": {
        "zh": "请检查密钥：网关密钥放在请求头 Authorization: Bearer 之后；若是上游密钥有误，请联系管理员。",
        "en": "Check the key: yours goes after Authorization: Bearer; a bad upstream key is the operator's to mend.",
    },
    "RouteNotFound": {"zh": "请检查请求方法和路径。", "en": "Check the method and the path."},
    "TaskNotFound": {
        "zh": "请检查 task_id，并使用提交任务时的同一密钥查询。任务到期后会被清除。",
        "en": "Check the task_id, and ask with the key that submitted it. Tasks are removed when they expire.",
    },
    "PictureNotFound": {
        "zh": "请检查 task_id 和图片序号（从 1 开始），并确认任务已完成。",
        "en": "Check the task_id and the picture's number (from 1 on), and that the task is done.",
    },
    "DeliveryNotFound": {
        "zh": "请检查 delivery_id，并使用提交任务时的同一密钥查询。只有带 callback_url 的任务结束后才有回调记录。",
        "en": "Check the delivery_id, and ask with the key of the order. Only tasks with a callback_url have one, "
        "once they have ended.",
    },
    "TaskUnfinished": {
        "zh": "任务仍在进行，请勿重新提交（会再次计费）。请稍后用 task_id 查询结果。",
        "en": "Do not submit it again, it would be billed again. Ask for its result by the task_id later.",
    },
    "UnsupportedOperation": {
        "zh": "只有排队中（PENDING）的任务可以取消。请查询任务状态。",
        "en": "Only a PENDING task can be canceled. Ask for the task's status.",
    },
    "PicturesTooLarge": {
        "zh": "请将 response_format 设为 url，或用 GET /v1/images/{task_id}/{n} 逐张获取。",
        "en": "Ask for response_format url, or get the pictures one by one: GET /v1/images/{task_id}/{n}.",
    },
    "IdempotencyKeyReused": {
        "zh": "同一个 Idempotency-Key 只能用于相同的请求。请换一个新的键。",
        "en": "One Idempotency-Key goes with one order. Take a new key for another order.",
    },
    "OrderInFlight": {
        "zh": "同一个键的首次请求正在受理。请按 Retry-After 等待后，用相同的键和内容重发。",
        "en": "Wait as Retry-After says, then send the same key and order again.",
    },
    "Throttling": _WAIT,
    "Throttling.DailyLimit": {
        "zh": "今天的免密钥额度已用完。请使用密钥，或在 Retry-After 之后再试。",
        "en": "Today's allowance without a key is used up. Use a key, or come back after Retry-After.",
    },
    "AccessDenied": _OPERATOR,
    "Model.AccessDenied": _OPERATOR,
    "Workspace.AccessDenied": _OPERATOR,
    "ModelNotFound": _OPERATOR,
    "WorkSpaceNotFound": _OPERATOR,
    "InternalError": _LATER,
    "SystemError": _LATER,
    "ModelServiceFailed": _LATER,
    "RequestTimeOut": _LATER,
    "ResultMissing": _LATER,
    "TaskExpired": _LATER,
    "TaskUnknown": _LATER,
    "ConfigurationError": _OPERATOR,
    "Arrearage": _PAY,
    "AllocationQuota": _PAY,
    "PrepaidBillOverdue": _PAY,
    "PostpaidBillOverdue": _PAY,
    "CommodityNotPurchased": _PAY,
    "SubmissionLost": {
        "zh": "无法确认上游是否已受理，为避免重复计费未再次提交。如仍需要，请重新提交。",
        "en": "Nobody can tell whether upstream took it, so it was not sent twice. Submit it anew if need be.",
    },
    "UpstreamSuspended": {
        "zh": "上游访问须由网关的管理员恢复。请按 Retry-After 等待后再试；已受理的任务恢复后会自动继续，无需重新提交。",
        "en": "The gateway's operator must mend its access to DashScope. Wait as Retry-After says, then try again; "
        "tasks that were taken go on by themselves.",
    },
    "UpstreamAmbiguous": {
        "zh": "上游没有及时答复，请求可能已计费。请稍后再试。",
        "en": "Upstream did not answer in time, and may have billed the request. Try again a little later.",
    },
}
# Codes that DashScope has too: with this status they are the gateway's own.
_OWN: dict[tuple[str, int], Suggestion] = {
    ("AccessDenied", 403): {
        "zh": "请按 message 的说明设置请求头后重新提交。",
        "en": "Set the header as the message says, and submit again.",
    },
    ("ModelNotFound", 404): {
        "zh": "请用 GET /v1/models 查看可用的模型。",
        "en": "GET /v1/models lists the models that there are.",
    },
}
_BY_STATUS: dict[int, Suggestion] = {
    400: {
        "zh": "请按 message 的说明修改请求；若无法判断原因，请联系管理员并提供 request_id。",
        "en": "Change the request as the message says; if that is unclear, tell the operator the request_id.",
    },
}


def suggestion(code: str, status: int, language: Language) -> str:
    """One sentence or two on what to do about an error of that code and HTTP status."""
    exact = _OWN.get((code, status)) or _BY_CODE.get(code)
    found = exact or _BY_CODE.get(code.partition(".")[0]) or _BY_STATUS.get(status) or _LATER
    return found[language]
