"""The images route's document: its example request with all its comments, and its reply, word for word."""

from __future__ import annotations

from typing import Any

PROMPT = "一间有着精致窗户的花店,漂亮的木质门,摆放着花朵"

# Lines end as they do in the document.
EXAMPLE = "\r\n".join(
    [
        "{",
        '    "model": "qwen-image-plus", //支持模型qwen-image-plus、qwen-image-max、qwen-image-2.0、qwen-image-2.0-pro',
        '    "input": {',
        '        "prompt": "一间有着精致窗户的花店,漂亮的木质门,摆放着花朵", //正向提示词,支持中英文,长度不超过800个字符,每个汉字/字母占一个字符,超过部分会自动截断',  # noqa: E501
        '        "negative_prompt": "" //反向提示词,用来描述不希望在画面中看到的内容,可以对画面进行限制',
        "    },",
        '    "parameters": {',
        '        "size": "1024*1024", //图片规格,图像宽高边长的像素范围为:[512, 1440]',
        '        "n": 1 //图片数量,1-4.默认1',
        "    }",
        "}",
    ]
)

# Ids and texts that were cut in the document are left as they stand there.
REPLY: dict[str, Any] = {
    "request_id": "f767d108-7d50-908b-a6d9-xxxxxx",
    "output": {
        "task_id": "d492bffd-10b5-4169-b639-xxxxxx",
        "task_status": "SUCCEEDED",
        "submit_time": "2025-01-08 16:03:59.840",
        "scheduled_time": "2025-01-08 16:03:59.863",
        "end_time": "2025-01-08 16:04:10.660",
        "results": [
            {
                "orig_prompt": "一间有着精致窗户的花店,漂亮的木质门,摆放着花朵",
                "actual_prompt": "一间有着精致雕花窗户的花店,漂亮的深色木质门上挂着铜制把手。店内摆放着各式各样的鲜花,包括玫瑰、百合和向日葵,色彩鲜艳,生机勃勃。背景是温馨的室内场景,透过窗户可以看到街道。高清写实摄影,中景构图。",  # noqa: E501
                "url": "https://dashscope-result-wlcb.oss-cn-wulanchabu.aliyuncs.com/1.png",
            }
        ],
        "task_metrics": {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0},
    },
    "usage": {"image_count": 1},
}
