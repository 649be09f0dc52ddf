"""onnxLoad.py make FILE BYTES: a model with that many bytes of weights. onnxLoad.py load FILE: what onnx.load costs."""

import json
import sys
import time

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def peak() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def make(file: str, size: int) -> None:
    random = numpy.random.default_rng(1)
    count = 64
    side = int((size / 4 / count) ** 0.5)
    weights = [
        numpy_helper.from_array(random.random((side, side), dtype=numpy.float32), f"w{i}")
        for i in range(count)
    ]
    nodes = [
        helper.make_node("MatMul", [f"h{i}", f"w{i}"], [f"h{i + 1}"], name=f"matmul{i}")
        for i in range(count)
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", side])
        for name in ("h0", f"h{count}")
    ]
    graph = helper.make_graph(nodes, "large", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, producer_name="bench"), file)


def load(file: str) -> None:
    before = peak()
    start = time.perf_counter()
    model = onnx.load(file)
    ms = (time.perf_counter() - start) * 1000
    facts = {"inputs": len(model.graph.input), "nodes": len(model.graph.node)}
    print(json.dumps({"ms": ms, "growth": peak() - before, **facts}))


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    load(sys.argv[2])
