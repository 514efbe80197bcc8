"""clprof_order.py on a trace of whole microseconds, as PyTorch before 2.4 writes them; needs no PyTorch."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiler/torch"))
import clprof_order  # noqa: E402

BASE = 1795561693760000


def event(name, start, duration, number, thread=1):
    return {"ph": "X", "cat": "cpu_op", "name": name, "pid": 1, "tid": thread, "ts": BASE + start, "dur": duration, "args": {"External id": number}}


def settled(events, base):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.json")
        with open(path, "w") as file:
            json.dump({"traceEvents": events}, file)
        base = clprof_order.settle(path, base)
        with open(path) as file:
            return json.load(file), base


def main():
    # By External id: outer(1) holds first(2) and second(3), which begin in its own microsecond; next(4) begins as outer ends.
    trace, base = settled([event("next", 5, 3, 4), event("second", 0, 2, 3), event("first", 0, 0, 2), event("outer", 0, 5, 1),
                           event("elsewhere", 0, 0, 9, thread=2)], None)
    times = {each["name"]: (each["ts"], each["ts"] + each["dur"]) for each in trace["traceEvents"]}
    assert base == BASE and trace["baseTimeNanoseconds"] == 1000 * BASE, base
    assert times["outer"][0] < times["first"][0] < times["second"][0] < times["next"][0], times
    assert times["first"][1] <= times["second"][0] and times["second"][1] <= times["outer"][1] <= times["next"][0], times
    assert times["elsewhere"] == (0, 0), times
    # What lies at an end within one microsecond stays inside.
    trace, _ = settled([event("a", 0, 4, 1), event("b", 1, 3, 2), event("c", 3, 1, 3), event("d", 3, 1, 4)], None)
    ends = [round(each["ts"] + each["dur"], 3) for each in trace["traceEvents"]]
    assert sorted(ends, reverse=True) == ends and ends[3] >= 3.001, ends
    # The next file of a process counts from the same time; files of later versions stay as they are.
    trace, base = settled([event("a", 7, 1, 1)], BASE - 5)
    assert base == BASE - 5 and trace["traceEvents"][0]["ts"] == 12, trace
    newer = dict(event("a", 7, 1, 1), ts=12.5)
    assert settled([newer], None) == ({"traceEvents": [newer]}, None)


main()
print("order: as it began")
