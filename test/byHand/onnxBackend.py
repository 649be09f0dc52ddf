"""NVIDIA's own word on the ONNX backend tests: each model parsed and, where that succeeds, built with NVIDIA's Python
bindings; what supports_operator answers for the operators of refused ones. test/byHand/onnxBackend.ts compares.

    python -m venv V && V/bin/pip install onnx numpy && V/bin/pip install --no-deps tensorrt-rtx-cu13-bindings==1.7.1.116
    LD_LIBRARY_PATH=.deps/tensorrt-rtx/1.7.1.116/tensorrt_rtx_libs V/bin/python test/byHand/onnxBackend.py OUT

Writes OUT/models/*.onnx and OUT/nvidia.jsonl.
"""

import ctypes
import json
import os
import sys

out = sys.argv[1]
libraries = os.environ["LD_LIBRARY_PATH"].split(":")[0]
for name in ("libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1"):
    ctypes.CDLL(os.path.join(libraries, name), ctypes.RTLD_GLOBAL)

import tensorrt_rtx_bindings as trt  # noqa: E402
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

os.makedirs(os.path.join(out, "models"), exist_ok=True)
logger = trt.Logger(trt.Logger.INTERNAL_ERROR)
builder = trt.Builder(logger)
with open(os.path.join(out, "nvidia.jsonl"), "w") as rows:
    for case in collect_testcases(None):
        if case.model is None:
            continue
        file = os.path.join(out, "models", case.name + ".onnx")
        with open(file, "wb") as model:
            model.write(case.model.SerializeToString())
        network = builder.create_network(0)
        parser = trt.OnnxParser(network, logger)
        parsed = parser.parse_from_file(file)
        operators = {parser.get_error(i).node_operator() for i in range(parser.num_errors)} - {""}
        built = parsed and builder.build_serialized_network(network, builder.create_builder_config()) is not None
        row = {
            "name": case.name,
            "parsed": parsed,
            "built": built,
            "operators": {operator: parser.supports_operator(operator) for operator in sorted(operators)},
        }
        rows.write(json.dumps(row) + "\n")
        rows.flush()
