#!/usr/bin/env python3
"""Records the events that fastai raises, once: fastai_events.py > fastai_events.txt (fastai 2.8.12 and its torch).

Two epochs of two training batches and one validation batch of a small linear model. One line for a fit that nothing cancels, one for a fit
with GradientAccumulation over two batches, then one for every event and every Cancel exception that a callback raises the first time it gets that event: event, level, the events seen by a
callback that comes first, one letter each (the list of letters stands above), and "!" where the exception left fit.
"""
import sys

import torch
from fastai.callback.core import (CancelBackwardException, CancelBatchException, CancelEpochException, CancelFitException,
                                  CancelStepException, CancelTrainException, CancelValidException, Callback, event)
from fastai.data.core import DataLoaders
from fastai.learner import Learner, Recorder
from fastai import __version__
from fastai.callback import core
from fastai.callback.progress import ProgressCallback
from fastai.callback.training import GradientAccumulation

EVENTS = list(core._events)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CANCELS = {"backward": CancelBackwardException, "step": CancelStepException, "batch": CancelBatchException, "train": CancelTrainException,
           "validate": CancelValidException, "epoch": CancelEpochException, "fit": CancelFitException}


class EventWatch(Callback):
    order = -100

    def __init__(self, seen):
        self.seen = seen


class Canceller(Callback):
    order = 0

    def __init__(self, exception):
        self.exception, self.done = exception, False


def add_event(cls, name, function):
    setattr(cls, name, function)


for name in EVENTS:
    add_event(EventWatch, name, lambda self, name=name: self.seen.append(LETTERS[EVENTS.index(name)]))


def fit(at=None, exception=None, more=()):
    seen = []
    data = [(torch.ones(3), torch.ones(1))] * 4
    train = torch.utils.data.DataLoader(data, batch_size=2)
    valid = torch.utils.data.DataLoader(data[:2], batch_size=2)
    callbacks = [EventWatch(seen), *more]
    if at:
        class Once(Canceller):
            pass

        def cancel(self):
            if not self.done:
                self.done = True
                raise self.exception()
        add_event(Once, at, cancel)
        callbacks.append(Once(exception))
    escaped = ""
    learner = Learner(DataLoaders(train, valid), torch.nn.Linear(3, 1), loss_func=torch.nn.functional.mse_loss, lr=0.01, cbs=callbacks)
    learner.remove_cbs([Recorder, ProgressCallback])  # they fail by themselves in after_epoch when they have missed before_epoch
    try:
        with learner.no_logging():
            learner.fit(2)
    except tuple(CANCELS.values()):
        escaped = "!"
    return "".join(seen) + escaped


def main():
    print(f"# fastai {__version__}, written by {sys.argv[0].rsplit('/', 1)[-1]}")
    for letter, name in zip(LETTERS, EVENTS):
        print(f"# {letter} {name}")
    plain = fit()
    print("-", "-", plain)
    print("GradientAccumulation", "-", fit(more=[GradientAccumulation(4)]))
    for name in EVENTS:
        if LETTERS[EVENTS.index(name)] in plain and name != "after_create":
            for level, exception in CANCELS.items():
                print(name, level, fit(name, exception))


main()
