"""Loads a Kineto trace with HolisticTraceAnalysis, as its users do before anything else. Argument: a folder with the trace."""
import logging
import sys

from hta.trace_analysis import TraceAnalysis

logging.disable(logging.WARNING)
analysis = TraceAnalysis(trace_dir=sys.argv[1])
print(sum(len(frame) for frame in analysis.t.traces.values()))
