"""Python runs this at start-up when `clprof run` put its folder first on PYTHONPATH: lets the agent in, then steps back.

Any Python may come by here (a build tool's, Python 2), so it is written for all of them, and it must leave no trace: the
folder goes from sys.path, and the sitecustomize that Python would have found without us runs as if we were not there.
"""
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))


def _enter():
    folder = os.environ.get("CLPROF_RUN_FOLDER")
    if not folder or sys.version_info < (3, 8):
        return
    try:
        import clprof_torch

        clprof_torch.enter(folder, os.environ.get("CLPROF_RUN_WINDOW", ""))
    except Exception as error:  # the user's job never fails because of us
        sys.stderr.write("clprof: the agent can't start, nothing is recorded: %r\n" % (error,))


def _leave():
    """The next sitecustomize on the path takes our place; none: ours stays in sys.modules, where import wants one."""
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)


_enter()
sys.path[:] = [_entry for _entry in sys.path if os.path.abspath(_entry) != _here]
_leave()
