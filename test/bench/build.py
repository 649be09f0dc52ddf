"""
One build with NVIDIA's Python bindings: build.py MODEL OUTPUT [INPUT MIN OPT MAX], shapes as 1x3x48x320. The engine is
written to the disk and hashed, as every engine of ours is.
"""

import hashlib
import json
import os
import resource
import sys
import time

import tensorrt_rtx_bindings as trt


def shape(text):
    return tuple(int(part) for part in text.split("x"))


def main() -> None:
    model, output, *ranges = sys.argv[1:]
    start = time.perf_counter()
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(model):
        sys.exit("\n".join(str(parser.get_error(i)) for i in range(parser.num_errors)))
    config = builder.create_builder_config()
    if ranges:
        name, *shapes = ranges
        profile = builder.create_optimization_profile()
        profile.set_shape(name, *(shape(text) for text in shapes))
        config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        sys.exit("the build failed")
    with open(output, "wb") as file:
        file.write(plan)
        digest = hashlib.sha256(plan).hexdigest()
        file.flush()
        os.fsync(file.fileno())
    build_ms = (time.perf_counter() - start) * 1000
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu_ms = (usage.ru_utime + usage.ru_stime) * 1000
    said = {"buildMs": build_ms, "cpu": cpu_ms, "peak": peak * 1024, "size": plan.nbytes, "sha256": digest}
    print(json.dumps(said))


main()
