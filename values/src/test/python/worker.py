"""Runs what comes in: a line is a JSON text with Python in it. Answers with a line each: what its last
expression is as text, or the failure."""

import ast
import json
import sys
import traceback

import numpy
import pyarrow
import tokamak


def pool_offset(address: int) -> int:
    """Where in the node's pool an address of this process lies; -1: in no mapping of it."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            bounds, _, offset, _, _, *name = line.split(maxsplit=5)
            begin, end = (int(each, 16) for each in bounds.split("-"))
            if begin <= address < end and name and name[0].strip().endswith("/pool"):
                return int(offset, 16) + address - begin
    return -1


names = {"numpy": numpy, "pyarrow": pyarrow, "tokamak": tokamak, "pool_offset": pool_offset}
for line in sys.stdin:
    try:
        program = ast.parse(json.loads(line))
        last = program.body.pop() if isinstance(program.body[-1], ast.Expr) else None
        exec(compile(program, "test", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "test", "eval"), names) if last else None
        answer = {"value": str(value)}
    except Exception:
        answer = {"failure": traceback.format_exc()}
    print(json.dumps(answer), flush=True)
