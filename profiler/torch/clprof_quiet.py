"""Keeps what PyTorch's profiler prints about itself out of the job's stderr; what else is printed meanwhile goes there."""
import contextlib
import os
import re
import sys

# Lines of libkineto ("USDT:2026-11-24 18:53:15 23434:23434 SyncActivityProfilerHandler.cpp:46] profiler_stop") and of
# PyTorch's execution trace observer ("[rank0]:[W1124 18:53:08.800597940 execution_trace_observer.cpp:989] Enabling ...").
OWN_LINE = re.compile(rb"(\[rank\d+\]:)?([A-Z]+:\d+-\d+-\d+ [\d:]+ \d+:\d+ \w+\.cpp:\d+\]"
                      rb"|\[[IWE]\d+ [\d:.]+ execution_trace_observer\.cpp:)")


@contextlib.contextmanager
def quiet(path):
    """stderr goes to a file of ours meanwhile, and is handed on without the profiler's lines."""
    try:
        sys.stderr.flush()
        stderr = os.dup(2)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.dup2(file, 2)
    except (OSError, AttributeError, ValueError):  # closed, or none: nothing to keep out of
        yield
        return
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        with open(file, "rb") as written:
            written.seek(0)
            others = [line for line in written if not OWN_LINE.match(line)]
        if others:
            os.write(2, b"".join(others))
