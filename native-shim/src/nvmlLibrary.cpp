#include "nvmlLibrary.h"

#include <cstdlib>

namespace engine_shim {

SharedLibrary openNvml(std::string &why) {
#if defined(_WIN32)
    SharedLibrary library = SharedLibrary::openSystem("nvml.dll", why);
    if (!library) {
        /* Where drivers before 2019 put it. */
        const char *programs = std::getenv("ProgramW6432");
        if (programs != nullptr) {
            library = SharedLibrary::openFile(std::string(programs) + "\\NVIDIA Corporation\\NVSMI\\nvml.dll", why);
        }
    }
    return library;
#else
    return SharedLibrary::openSystem("libnvidia-ml.so.1", why);
#endif
}

} // namespace engine_shim
