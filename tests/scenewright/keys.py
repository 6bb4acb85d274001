"""What a terminal does for a program and a background job does not."""

import signal


def heed_control_c() -> None:
    """For a child that is about to start: a job in the background would inherit that Control-C is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
