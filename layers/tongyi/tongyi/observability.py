"""Logs and metrics, the same way in every function: JSON lines, and counts in CloudWatch's embedded format.

Nothing here logs an event, a header, a prompt or a link.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICE = "tongyi-gateway"
NAMESPACE = "TongyiGateway"

logger = Logger(service=SERVICE)

Handler = Callable[[dict[str, Any], "LambdaContext"], Any]


def count(name: str, amount: int = 1) -> None:
    """Adds to the metric of that name, at once: a count is not lost with what comes after it."""
    _measure(name, MetricUnit.Count, amount)


def measure_seconds(name: str, seconds: float) -> None:
    """Writes down what a metric of seconds is just now."""
    _measure(name, MetricUnit.Seconds, seconds)


def _measure(name: str, unit: MetricUnit, value: float) -> None:
    dimensions = {"service": SERVICE}
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE, default_dimensions=dimensions):
        pass


def log_fault(error: Exception) -> None:
    """Writes down an error that nobody foresaw: its kind and its place. Its text may hold anything."""
    logger.error("unexpected error", kind=type(error).__name__, place=_place(error))


def observed(handler: Handler) -> Handler:
    """Gives each log line of a handler the request's id and the function's name."""
    return logger.inject_lambda_context(clear_state=True)(handler)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
