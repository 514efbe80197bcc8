"""Writes data/odd.json: events as no profiler should write them, and as some have. Run when a case is added."""
import pathlib

EVENTS = [
    b'{"dur":10,"ts":100,"tid":1,"pid":1,"name":"last key first","cat":"cpu_op","ph":"X"}',
    b'{"ph":"X","cat":"cpu_op","name":"tab\tand\nnewline","pid":1,"tid":1,"ts":200,"dur":10}',
    rb'{"ph":"X","cat":"cpu_op","name":"esc\"aped \u00e9 \\","pid":1,"tid":1,"ts":300,"dur":10,"args":'
    rb'{"Sequence number":18446744073709551615,"Input Dims":"no list"}}',
    b'{"ph":"X","cat":"cpu_op","name":"no time","pid":1,"tid":1,"ts":NaN,"dur":10}',
    b'{"ph":"X","cat":"cpu_op","name":"unfinished","pid":1,"tid":1,"ts":400,"dur":-1}',
    b'{"ph":"X","cat":"cpu_op","name":"endless","pid":1,"tid":1,"ts":400,"dur":Infinity}',
    b'{"ph":"X","cat":"cpu_op","name":"no dur","pid":1,"tid":1,"ts":400}',
    b'{"ph":"X","cat":"kernel","name":"lost","pid":0,"tid":7,"ts":0,"dur":0,"args":{"correlation":1}}',
    b'{"ph":"X","cat":"cpu_op","name":"too late","pid":1,"tid":1,"ts":9223372036854775,"dur":9223372036854}',
    b'{"ph":"X","cat":"cpu_op","name":"a "quote"","pid":1,"tid":1,"ts":500,"dur":10}',
    b'{"ph":"X","cat":"cpu_op","name":"one " quote","pid":1,"tid":1,"ts":500,"dur":10}',
    b'{"ph":"X","cat":"cpu_op","name":"many","pid":1,"tid":1,"ts":600,"dur":10,"args":{'
    b'"Input Dims":[[1,2,3,4,5,6,7],[2,"x"],[-1],[3],[2,2]],"Input type":["float","float","float","c10::Odd","float"],'
    b'"Input Strides":[[1,1,1,1,1,1,1],[1,1],[1],[1],[1]]}}',
    b'{"ph":"X","cat":"cpu_op","name":"","pid":"main","tid":"thread 12 (python)","ts":700,"dur":0}',
    b'{"cat":"cpu_op","name":"no ph","pid":1,"tid":1,"ts":800,"dur":10}',
    b'{"ph":"X","name":"no cat","ts":800,"dur":10}',
    b"{}",
    b'{"ph":"B","cat":"cpu_op","name":"begin","pid":1,"tid":1,"ts":900}',
    b'{"ph":"X","cat":"cpu_op","name":"bad \xff utf-8 \xc3\xa9","pid":1,"tid":1,"ts":1000,"dur":10}',
    b'{"ph":"X","cat":"kernel","name":"k","pid":3,"tid":"stream 9","ts":1100,"dur":10,"args":{"correlation":0}}',
]

TEXT = (rb'{"displayTimeUnit":"ms","unknown":{"deep":[[[[{"a":[]}]]]],"text":"]}\"{["},' + b'\n"traceEvents":[\n'
        + b",\n".join(EVENTS) + b'\n],"distributedInfo":{"rank":2,"world_size":4},"deviceProperties":null,"more":NaN}\n')
pathlib.Path(__file__).with_name("data").joinpath("odd.json").write_bytes(TEXT)
