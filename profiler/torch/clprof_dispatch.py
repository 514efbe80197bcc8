"""Stands in for ExecutionTraceObserver where PyTorch has none: a TorchDispatchMode that writes down operators' tensors.

torch.profiler records beside it, so times, ranges, backward and what runs inside of operators are the profiler's own. Under
a mode an operator is called twice: by the job, and by the mode with the same tensors. The mode opens a range with a number
around its call; in the profiler's file that range and the second call are then cut out again, and the first call gets the
number as its "Record function id", which ties it to the node of the execution trace with that "rf_id".

    aten::convolution > PythonDispatchMode > clprof.dispatch:7 > aten::convolution > aten::_convolution    as profiled
    aten::convolution (7) > aten::_convolution                                                             as left in the file

Operators that PyTorch makes of several never reach a mode. Those of them that clprof blames by their own name (COMPOSITES) are
called through a function of PyTorch's; it is wrapped meanwhile, and tells tensors in the same way.

Tensors are known by the addresses of tensor and storage: numbers, which keep nothing alive.
"""
import functools
import itertools
import json
import os
import sys

PREFIX = "clprof.dispatch:"
ENTRY = "PythonDispatchMode"  # the profiler's name for a call into a mode

# PyTorch's C++ names of element types, as its observer writes them.
ELEMENTS = {"float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long int",
            "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "bool": "bool",
            "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
            "float8_e4m3fn": "c10::Float8_e4m3fn", "float8_e5m2": "c10::Float8_e5m2"}

# Arguments that C++ holds as numbers: c10/core/ScalarType.h, MemoryFormat.h and Layout.h.
NUMBERS = {"torch.uint8": 0, "torch.int8": 1, "torch.int16": 2, "torch.int32": 3, "torch.int64": 4, "torch.float16": 5,
           "torch.float32": 6, "torch.float64": 7, "torch.complex64": 9, "torch.complex128": 10, "torch.bool": 11,
           "torch.bfloat16": 15, "torch.contiguous_format": 0, "torch.preserve_format": 1, "torch.channels_last": 2,
           "torch.channels_last_3d": 3, "torch.strided": 0}

NOTE = ("PyTorch %s records no execution trace beside its profiler: tensors are told by a dispatch mode instead, of operators "
        "as they are dispatched; outputs and identities of what runs inside of one are unknown")

# Where in torch, function, the operator, and how many of the function's arguments are the operator's (None: all).
COMPOSITES = ("", "instance_norm", "instance_norm", None), ("_C._nn", "pad", "_pad_circular", 2)


class Side:
    """Values of a node's inputs or outputs, in four lists side by side."""

    def __init__(self, torch):
        self.torch = torch
        self.lists = {"values": [], "shapes": [], "strides": [], "types": []}

    def add(self, value):
        for name, told in zip(self.lists, self.told(value)):
            self.lists[name].append(told)

    def told(self, value):
        """Value, shape, strides and type."""
        if isinstance(value, self.torch.Tensor):
            return self.tensor(value)
        if value is None:
            return "<None>", [], [], "None"
        if isinstance(value, (list, tuple)):
            values, shapes, strides, types = zip(*map(self.told, value)) if value else ((), (), (), ())
            return values, shapes, strides, "GenericList[%s]" % ",".join(types)
        for type_, name in ((bool, "Bool"), (int, "Int")):
            if isinstance(value, type_):
                return value, [], [], name
        if isinstance(value, float):
            return value if value - value == 0 else str(value), [], [], "Double"
        torch, kind = self.torch, type(value).__name__
        if isinstance(value, (torch.dtype, torch.memory_format, torch.layout)):
            return NUMBERS.get(str(value), str(value)), [], [], "Int"
        # Nothing else is asked for its text: a storage would print all its bytes.
        return str(value) if isinstance(value, (str, torch.device)) else kind, [], [], kind

    def tensor(self, tensor):
        element = ELEMENTS.get(str(tensor.dtype).replace("torch.", ""))
        plain = type(tensor) in (self.torch.Tensor, self.torch.nn.Parameter) and tensor.layout is self.torch.strided
        if not plain or element is None:
            return [0, 0, 0, 0, 0, ""], [], [], "Tensor(nullptr (uninitialized))"
        # The storage's own address: to ask where its data lies would make a lazy copy a real one.
        identity = [tensor._cdata, tensor.untyped_storage()._cdata, tensor.storage_offset(), tensor.numel(),
                    tensor.element_size(), str(tensor.device)]
        return identity, list(tensor.shape), list(tensor.stride()), "Tensor(%s)" % element


def arguments(function, args, kwargs):
    """In the order of the operator's schema, with its defaults."""
    for place, argument in enumerate(function._schema.arguments):
        if place < len(args):
            yield args[place]
        else:
            yield kwargs.get(argument.name, argument.default_value)


class Recorder:
    """What the mode saw in a session of recorded steps."""

    def __init__(self, torch):
        self.torch = torch
        self.dispatch = sys.modules["torch.utils._python_dispatch"]
        self.numbers = itertools.count(1)
        self.nodes = []
        self.broken = None  # the first failure: from there on calls only pass through
        self.mode = None
        self.undo = []
        self.composites = {}  # number of a range -> the operator somewhere in it

    def enter(self):
        """False where the job has a mode of its own open: it would leave ours in place of its."""
        if self.dispatch._get_current_dispatch_mode() is not None:
            return False
        recorder = self

        class ClprofDispatch(self.dispatch.TorchDispatchMode):
            supports_higher_order_operators = True  # they pass through; PyTorch refuses them under other modes

            def __torch_dispatch__(self, function, types, args=(), kwargs=None):
                return recorder.call(function, args, kwargs or {})

        self.mode = ClprofDispatch()
        self.mode.__enter__()
        for composite in COMPOSITES:
            self.wrap(*composite)
        return True

    def wrap(self, owner, name, operator, count):
        packet = getattr(self.torch.ops.aten, operator, None)
        owner = functools.reduce(lambda at, part: getattr(at, part, None), filter(None, owner.split(".")), self.torch)
        original = getattr(owner, name, None)
        if original is None or packet is None:
            return

        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            if operator == "_pad_circular" and "circular" not in (*args[2:3], kwargs.get("mode")):
                return original(*args, **kwargs)
            number = self.opens()
            if number is None:
                return original(*args, **kwargs)
            self.composites[number] = packet.default._schema.name
            return self.told(number, packet.default, original, args, kwargs, count)

        setattr(owner, name, wrapper)
        self.undo.append(lambda: setattr(owner, name, original) if getattr(owner, name) is wrapper else None)

    def leave(self):
        """In the stack's order: modes that the job opened meanwhile go back on top."""
        while self.undo:
            self.undo.pop()()
        if self.mode is None:
            return
        above, mode, self.mode = [], self.mode, None
        while self.dispatch._get_current_dispatch_mode() not in (mode, None):
            above.append(self.dispatch._pop_mode())
        if self.dispatch._get_current_dispatch_mode() is mode:
            mode.__exit__(None, None, None)
        for theirs in reversed(above):
            self.dispatch._push_mode(theirs)

    def call(self, function, args, kwargs):
        """Ranges of the profiler's, and operators without a schema (higher-order ones), only pass through."""
        number = self.opens() if hasattr(function, "_schema") and function.namespace != "profiler" else None
        return function(*args, **kwargs) if number is None else self.told(number, function, function, args, kwargs)

    def opens(self):
        """The number of the next range; None where there is to be none (any more)."""
        return None if self.broken or self.mode is None else next(self.numbers)

    def told(self, number, function, call, args, kwargs, count=None):
        """Calls in a range, and writes down what went in (the first `count` of the arguments) and out."""
        inputs = self.side(arguments(function, args[:count], kwargs))
        with self.torch.profiler.record_function(PREFIX + str(number)):
            result = call(*args, **kwargs)
        several = len(function._schema.returns) != 1
        outputs = self.side(() if result is None else result if several else [result])
        self.nodes.append((number, function._schema.name, inputs, outputs))
        return result

    def side(self, values):
        side = Side(self.torch)
        try:
            for value in values:
                side.add(value)
        except Exception as error:
            self.broken = self.broken or "%s: %s" % (type(error).__name__, error)
        return side.lists

    # ---- the files

    def write(self, path):
        nodes = [{"id": number, "name": name, "inputs": inputs, "outputs": outputs,
                  "attrs": [{"name": "rf_id", "type": "uint64", "value": number}]}
                 for number, name, inputs, outputs in self.nodes]
        with open(path + ".part", "w") as file:
            json.dump({"schema": "1.1.1-chakra.0.0.4", "pid": os.getpid(), "nodes": nodes}, file)
        os.rename(path + ".part", path)

    def cut_out(self, path):
        """Of the profiler's file: the mode's ranges and second calls."""
        with open(path, errors="surrogateescape") as file:
            trace = json.load(file)
        events = trace["traceEvents"]
        trace["traceEvents"] = Calls(events, self.composites).without_the_modes()
        with open(path, "w", errors="surrogateescape") as file:
            json.dump(trace, file)


class Calls:
    """The events of a trace, nested as they ran."""

    def __init__(self, events, composites):
        self.events = events
        self.composites = composites  # number of a range -> the operator that it is about
        self.parent = {}     # id() of an event -> the one around it
        self.children = {}   # id() of an event -> those directly inside, in order
        self.gone = set()    # id() of events to cut out
        self.moved = {}      # "External id" of a second call -> of the first: kernels name who launched them

    def without_the_modes(self):
        lanes = {}
        for event in self.events:
            if event.get("ph") != "X":
                continue
            if event.get("name", "").startswith(PREFIX):
                self.gone.add(id(event))  # also those on a device
            if event.get("cat") == "cpu_op":
                event.setdefault("args", {})["Record function id"] = 0
            if event.get("cat") in ("cpu_op", "user_annotation"):
                lanes.setdefault((event["pid"], event["tid"]), []).append(event)
        for lane in lanes.values():
            lane.sort(key=lambda event: (event["ts"], -event["dur"]))
            self.nest(lane)
            for event in lane:
                self.look_at(event)
        kept = [event for event in self.events if id(event) not in self.gone]
        for event in kept:
            args = event.get("args", {})
            if args.get("External id") in self.moved:
                args["External id"] = self.moved[args["External id"]]
        return kept

    def nest(self, lane):
        open_ = []
        for event in lane:
            # A range begins inside of the call that opens it and lasts longer: not only the innermost can have ended.
            open_ = [other for other in open_ if other["ts"] + other["dur"] > event["ts"]]
            if open_:
                self.parent[id(event)] = open_[-1]
                self.children.setdefault(id(open_[-1]), []).append(event)
            open_.append(event)

    def look_at(self, event):
        inside = self.children.get(id(event), [])
        if event["name"].startswith(PREFIX):
            around = self.parent.get(id(event))
            while around is not None and around["name"] == ENTRY:
                around = self.parent.get(id(around))
            number = int(event["name"][len(PREFIX):])
            if number in self.composites:
                self.name(number, self.first(self.composites[number], inside))
            elif inside and inside[0]["cat"] == "cpu_op":  # else an operator that the profiler passes over
                self.unite(number, around, inside[0])
        elif event["name"] == ENTRY and not any(each["cat"] == "cpu_op" for each in inside):
            self.gone.add(id(event))  # into our mode; one of the job's own has its calls inside

    def first(self, name, events):
        """The first operator of that name among the events or inside of them."""
        for event in events:
            found = event if event["name"] == name else self.first(name, self.children.get(id(event), []))
            if found is not None:
                return found
        return None

    def name(self, number, event):
        if event is not None:
            event["args"]["Record function id"] = number

    def unite(self, number, outer, inner):
        if outer is not None and outer["name"] == inner["name"]:
            outer["args"]["Record function id"] = number
            self.gone.add(id(inner))
            if "External id" in inner["args"] and "External id" in outer["args"]:
                self.moved[inner["args"]["External id"]] = outer["args"]["External id"]
        elif inner["name"] == "aten::detach":
            self.drop(inner)  # of a saved tensor, in the middle of C++ code: so only since a mode looks on
        else:
            inner["args"]["Record function id"] = number

    def drop(self, event):
        self.gone.add(id(event))
        for each in self.children.get(id(event), ()):
            self.drop(each)
