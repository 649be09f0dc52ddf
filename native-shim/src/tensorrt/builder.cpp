#include "builder.h"
#include "failure.h"
namespace engine_shim {
es_build_result buildEngine(std::unique_ptr<nvinfer1::IBuilder>, const BuildRequest &, const std::string &, BuildContext &) {
    throw Failure(ES_INTERNAL, "Building comes with the next commit.");
}
}
