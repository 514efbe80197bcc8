"""Before PyTorch 2.4 its profiler writes whole microseconds: operators of one microsecond stand in no order, and may seem to lie
inside of each other. "External id" counts calls of a thread as they begin, so it tells their order; here it is put into the times.

Each event gets some nanoseconds more than the one before it in the same microsecond, and those around it end no earlier than it.
"""
import json
import re

NANOSECOND = 0.001  # of the file's microseconds


def settle(path, base):
    """Rewrites the file where its times are whole microseconds. Files of a process count from the same time: `base`, None for the
    first of them; returns what it is then."""
    with open(path, errors="surrogateescape") as file:
        text = file.read()
    if re.search(r'"ts": ?\d+\.\d', text) or not re.search(r'"ts": ?\d', text):
        return base
    trace = json.loads(text)
    base = shift(trace, base)
    for lane in lanes(trace["traceEvents"]).values():
        spread(lane)
    with open(path, "w", errors="surrogateescape") as file:
        json.dump(trace, file)
    return base


def shift(trace, base):
    """Times since 1970 leave a float no room for nanoseconds."""
    events = [event for event in trace["traceEvents"] if isinstance(event.get("ts"), int)]
    if base is None:
        base = min((event["ts"] for event in events), default=0)
    for event in events:
        event["ts"] -= base
    trace["baseTimeNanoseconds"] = trace.get("baseTimeNanoseconds", 0) + 1000 * base
    return base


def lanes(events):
    """Operators and ranges by thread."""
    found = {}
    for event in events:
        if event.get("ph") == "X" and event.get("cat") in ("cpu_op", "user_annotation") and "dur" in event:
            found.setdefault((event["pid"], event["tid"]), []).append(event)
    return found


def spread(lane):
    lane.sort(key=lambda event: (event["ts"], event.get("args", {}).get("External id", 0)))
    open_, last, count = [], None, 0
    times = [[event["ts"], event["ts"] + event["dur"]] for event in lane]  # what they become
    for number, event in enumerate(lane):
        start, end = event["ts"], event["ts"] + event["dur"]
        count = count + 1 if start == last else 0
        last = start
        times[number] = [start + NANOSECOND * count, max(end, start + NANOSECOND * count)]
        open_ = [other for other in open_ if lane[other]["ts"] + lane[other]["dur"] > start]
        for other in open_:
            if lane[other]["ts"] + lane[other]["dur"] >= end:
                times[other][1] = max(times[other][1], times[number][1])
        open_.append(number)
    for event, (start, end) in zip(lane, times):
        event["ts"], event["dur"] = round(start, 3), round(end - start, 3)
