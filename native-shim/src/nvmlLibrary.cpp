#include "nvmlLibrary.h"

namespace engine_shim {

SharedLibrary openNvml(std::string &why) {
#if defined(_WIN32)
    return openDriverLibrary("nvml.dll", why);
#else
    return openDriverLibrary("libnvidia-ml.so.1", why);
#endif
}

} // namespace engine_shim
