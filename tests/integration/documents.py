"""Requests and replies as the gateway's document and DashScope's two pages on wanx-v1 have them, word for word."""

from __future__ import annotations

from typing import Any

CHAT_BODY = """{
  "prompt":"请给我讲述一下淝水之战"
}"""

FLAT_BODY = """{
  "prompt":"一个女孩,穿着吊带,黑色吊带,透明背景,原始照片,杰作,中文,纯色背景,单人,中镜头,高细节脸,肩膀与框架平行,直视镜头,苗条的身体"
}"""

# Each curl command's body, and what of it DashScope must be sent under its own names.
CURL_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "guide": (
        """{
"model": "wanx-v1",
"input": {
"prompt": "一只奔跑的猫"
},
"parameters": {
"style": "<sketch>",
"size": "1024*1024",
"n":4,
"seed":42,
"strength": 0.5,
"ref_mode": "repaint"
}
}""",
        {
            "model": "wanx-v1",
            "input": {"prompt": "一只奔跑的猫"},
            "parameters": {
                "style": "<sketch>",
                "size": "1024*1024",
                "n": 4,
                "seed": 42,
                "ref_strength": 0.5,
                "ref_mode": "repaint",
            },
        },
    ),
    "prompt": (
        """{
    "model": "wanx-v1",
    "input": {
        "prompt": "近景镜头,18岁的中国女孩,古代服饰,圆脸,正面看着镜头,民族优雅的服装,商业摄影,室外,电影级光照,半身特写,精致的淡妆,锐利的边缘。"
    },
    "parameters": {
        "style": "<auto>",
        "size": "1024*1024",
        "n": 1
    }
}""",  # noqa: E501
        {
            "model": "wanx-v1",
            "input": {
                "prompt": "近景镜头,18岁的中国女孩,古代服饰,圆脸,正面看着镜头,民族优雅的服装,"
                "商业摄影,室外,电影级光照,半身特写,精致的淡妆,锐利的边缘。"
            },
            "parameters": {"style": "<auto>", "size": "1024*1024", "n": 1},
        },
    ),
    "negative prompt": (
        """{
    "model": "wanx-v1",
    "input": {
        "prompt": "近景镜头,18岁的中国女孩,古代服饰,圆脸,正面看着镜头,民族优雅的服装,商业摄影,室外,电影级光照,半身特写,精致的淡妆,锐利的边缘。",
        "negative_prompt": "不要使用红色元素"
    },
    "parameters": {
        "style": "<auto>",
        "size": "1024*1024",
        "n": 1
    }
}""",  # noqa: E501
        {
            "model": "wanx-v1",
            "input": {
                "prompt": "近景镜头,18岁的中国女孩,古代服饰,圆脸,正面看着镜头,民族优雅的服装,"
                "商业摄影,室外,电影级光照,半身特写,精致的淡妆,锐利的边缘。",
                "negative_prompt": "不要使用红色元素",
            },
            "parameters": {"style": "<auto>", "size": "1024*1024", "n": 1},
        },
    ),
    "reference content": (
        """{
    "model": "wanx-v1",
    "input": {
        "prompt": "一个英气的黑发女人,飞舞着金色的蝴蝶,背景中有若隐若现的水墨竹林,高细节,高质量。",
        "ref_image": "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN/20241031/rguyzt/girl.png"
    },
    "parameters": {
        "style": "<auto>",
        "size": "1024*1024",
        "n": 1,
        "ref_strength": 1.0,
        "ref_mode": "repaint"
    }
}""",
        {
            "model": "wanx-v1",
            "input": {
                "prompt": "一个英气的黑发女人,飞舞着金色的蝴蝶,背景中有若隐若现的水墨竹林,高细节,高质量。",
                "ref_img": "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN/20241031/rguyzt/girl.png",
            },
            "parameters": {
                "style": "<auto>",
                "size": "1024*1024",
                "n": 1,
                "ref_strength": 1.0,
                "ref_mode": "repaint",
            },
        },
    ),
    "reference style": (
        """{
    "model": "wanx-v1",
    "input": {
        "prompt": "有一只黑色的小猫",
        "ref_image": "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN/20241031/gpqnqy/house.png"
    },
    "parameters": {
        "style": "<auto>",
        "size": "1024*1024",
        "n": 1,
        "ref_strength": 0.7,
        "ref_mode": "refonly"
    }
}""",
        {
            "model": "wanx-v1",
            "input": {
                "prompt": "有一只黑色的小猫",
                "ref_img": "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN/20241031/gpqnqy/house.png",
            },
            "parameters": {
                "style": "<auto>",
                "size": "1024*1024",
                "n": 1,
                "ref_strength": 0.7,
                "ref_mode": "refonly",
            },
        },
    ),
}

SUBMITTED = {
    "output": {"task_id": "13b1848b-5493-4c0e-8c44-68d038b492af", "task_status": "PENDING"},
    "request_id": "7574ee8f-38a3-4b1e-9280-11c33ab46e51",
}

REFUSED = {
    "code": "InvalidApiKey",
    "message": "Invalid API-key provided.",
    "request_id": "fb53c4ec-1c12-4fc4-a580-cdb7c3261fc1",
}

RUNNING = {
    "request_id": "e5d70b02-ebd3-98ce-9fe8-759d7d7b107d",
    "output": {
        "task_id": "86ecf553-d340-4e21-af6e-a0c6a421c010",
        "task_status": "RUNNING",
        "task_metrics": {"TOTAL": 4, "SUCCEEDED": 1, "FAILED": 0},
    },
}

SUCCEEDED = {
    "request_id": "85eaba38-0185-99d7-8d16-4d9135238846",
    "output": {
        "task_id": "86ecf553-d340-4e21-af6e-a0c6a421c010",
        "task_status": "SUCCEEDED",
        "results": [
            {"url": "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/123/a1.png"},
            {"url": "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/123/b2.png"},
        ],
        "task_metrics": {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0},
    },
    "usage": {"image_count": 2},
}

TIMED_OUT = {
    "code": "InternalError.Timeout",
    "message": "An internal timeout error has occured during execution, "
    "please try again later or contact service support.",
}

PARTLY_FAILED = {
    "request_id": "85eaba38-0185-99d7-8d16-4d9135238846",
    "output": {
        "task_id": "86ecf553-d340-4e21-af6e-a0c6a421c010",
        "task_status": "SUCCEEDED",
        "results": [
            {"url": "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/123/a1.png"},
            TIMED_OUT,
        ],
        "task_metrics": {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1},
    },
    "usage": {"image_count": 1},
}

BAD_SIZE = "The size is not match the allowed size ['1024*1024', '720*1280', '1280*720']"

FAILED = {
    "request_id": "e5d70b02-ebd3-98ce-9fe8-759d7d7b107d",
    "output": {
        "task_id": "86ecf553-d340-4e21-af6e-a0c6a421c010",
        "task_status": "FAILED",
        "code": "InvalidParameter",
        "message": BAD_SIZE,
        "task_metrics": {"TOTAL": 4, "SUCCEEDED": 0, "FAILED": 4},
    },
}


# What differs from one reply to the next.
_OWN = ("request_id", "task_id", "url")


def follows(reply: Any, documented: Any) -> bool:
    """Whether a reply has all that a documented one has: ids and links of its own, every other value the same."""
    if isinstance(documented, dict):
        return isinstance(reply, dict) and all(
            name in reply and (isinstance(reply[name], str) if name in _OWN else follows(reply[name], value))
            for name, value in documented.items()
        )
    if isinstance(documented, list):
        same = isinstance(reply, list) and len(reply) == len(documented)
        return same and all(map(follows, reply, documented))
    return bool(reply == documented)
