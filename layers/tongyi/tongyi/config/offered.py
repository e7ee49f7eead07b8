"""What every gateway offers without being told: chat models, and the hosts that pictures may come from.

They stand here and not among the template's defaults, because `sam deploy` keeps the values that a stack's parameters
had: what was added to a default would reach no stack that is there already. The parameters only add to these.
"""

from __future__ import annotations

# The first is the default.
CHAT_MODELS = ("qwen-plus", "qwen-turbo", "qwen-flash", "qwen-max")

# The nine hosts of DashScope's own list, and one seen since for Singapore.
RESULT_HOSTS = (
    "dashscope-result-bj.oss-cn-beijing.aliyuncs.com",
    "dashscope-result-hz.oss-cn-hangzhou.aliyuncs.com",
    "dashscope-result-sh.oss-cn-shanghai.aliyuncs.com",
    "dashscope-result-wlcb.oss-cn-wulanchabu.aliyuncs.com",
    "dashscope-result-zjk.oss-cn-zhangjiakou.aliyuncs.com",
    "dashscope-result-sz.oss-cn-shenzhen.aliyuncs.com",
    "dashscope-result-hy.oss-cn-heyuan.aliyuncs.com",
    "dashscope-result-cd.oss-cn-chengdu.aliyuncs.com",
    "dashscope-result-gz.oss-cn-guangzhou.aliyuncs.com",
    "dashscope-result-intl.oss-cn-singapore.aliyuncs.com",
)
