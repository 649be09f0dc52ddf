"""The same loop with NVIDIA's Python bindings: plainLoop.py LIST [REPEATS]. One file in LIST and no REPEATS: one cold check."""

import json
import os
import sys
import time

import tensorrt_rtx_bindings as trt


class SilentLogger(trt.ILogger):
    def __init__(self):
        trt.ILogger.__init__(self)

    def log(self, severity, message):
        pass


def main() -> None:
    logger = SilentLogger()
    runtime = trt.Runtime(logger)
    with open(sys.argv[1], encoding="utf-8") as text:
        paths = text.read().splitlines()
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    times = []
    answers = 0
    for _ in range(repeats):
        start = time.perf_counter()
        for path in paths:
            with open(path, "rb", buffering=0) as file:
                header = file.read(64)
                size = os.fstat(file.fileno()).st_size
            validity = runtime.get_engine_validity(header)
            answers += size > 0
            del validity
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps({"ms": times, "answers": answers}))


main()
