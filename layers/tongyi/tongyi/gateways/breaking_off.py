"""Breaking a connection off at a deadline, whoever waits on it and for what."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress

from tongyi.clock import Deadline


def break_off_at(deadline: Deadline, handle: socket.socket, cleanup: ExitStack) -> None:
    """Shuts the connection down at the deadline, unless `cleanup` is closed before: whoever reads finds its end.

    `handle` is another handle to the connection than the one that is used: that one may be gone, to TLS or with its
    reply half read. It is closed with the cleanup.
    """
    cleanup.enter_context(handle)

    def shut_down() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline.left, shut_down)
    timer.daemon = True
    # The handle is closed only once the timer can touch it no more.
    cleanup.callback(timer.join)
    cleanup.callback(timer.cancel)
    timer.start()
