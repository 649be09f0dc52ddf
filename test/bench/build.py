"""One build with NVIDIA's Python bindings: build.py MODEL OUTPUT INPUT MIN OPT MAX, shapes as 1x3x48x320."""

import json
import sys
import time

import tensorrt_rtx_bindings as trt


def shape(text):
    return tuple(int(part) for part in text.split("x"))


def main() -> None:
    model, output, name, *shapes = sys.argv[1:]
    start = time.perf_counter()
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(model):
        sys.exit("\n".join(str(parser.get_error(i)) for i in range(parser.num_errors)))
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    profile.set_shape(name, *(shape(text) for text in shapes))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        sys.exit("the build failed")
    with open(output, "wb") as file:
        file.write(plan)
    build_ms = (time.perf_counter() - start) * 1000
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    print(json.dumps({"buildMs": build_ms, "peak": peak * 1024, "size": plan.nbytes}))


main()
