#include "kernels/device.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/errors.hpp"
#include "base/process.hpp"

namespace engram::kernels {
namespace {

bool driver_is_present() { return std::filesystem::exists("/dev/nvidiactl"); }

// libtorch_cuda.so lies beside the libtorch_cpu.so that this process has loaded. Returns the loader's complaint, or "".
std::string open_cuda_library() {
  Dl_info here{};
  if (dladdr(reinterpret_cast<void*>(&at::globalContext), &here) == 0) return "libtorch_cpu.so cannot be located";
  const auto library = std::filesystem::path(here.dli_fname).parent_path() / "libtorch_cuda.so";
  // cuBLAS reads this when the first CUDA context is made; without it its results may differ from run to run.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  return dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr ? "" : dlerror();
}

[[noreturn]] void no_cuda(const std::string& reason) {
  throw InternalError({.what = "device \"cuda\" was asked for and is not available: " + reason,
                       .where = "train.device",
                       .allowed = "auto, cpu, cuda",
                       .fix = "use --device cpu, or run `engram doctor` to see what is missing"},
                      ExitCode::resources);
}

}  // namespace

DeviceRequest device_request(const std::string& name) {
  if (name == "cpu") return DeviceRequest::cpu;
  return name == "cuda" ? DeviceRequest::cuda : DeviceRequest::automatic;
}

at::Device open_device(DeviceRequest request) {
  if (request == DeviceRequest::cpu) return at::kCPU;
  const bool required = request == DeviceRequest::cuda;
  if (!driver_is_present()) {
    if (required) no_cuda("no NVIDIA driver is present on this machine");
    return at::kCPU;
  }
  const std::string complaint = open_cuda_library();
  if (!complaint.empty()) {
    if (required) no_cuda(complaint);
    return at::kCPU;
  }
  if (!at::hasCUDA() || at::accelerator::deviceCount() == 0) {
    if (required) no_cuda("the driver reports no GPU");
    return at::kCPU;
  }
  return {at::kCUDA, 0};
}

void settle_numerics(int threads) {
  at::set_num_threads(threads > 0 ? threads : usable_cores());
  at::globalContext().setDeterministicAlgorithms(true, true);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setBenchmarkCuDNN(false);
}

at::Generator make_generator(at::Device device, uint64_t seed) {
  at::Generator generator =
      device.is_cpu() ? at::detail::createCPUGenerator(seed) : at::globalContext().defaultGenerator(device).clone();
  const std::scoped_lock lock(generator.mutex());
  generator.set_current_seed(seed);
  return generator;
}

void synchronise(at::Device device) {
  if (!device.is_cpu()) at::accelerator::synchronizeDevice(device.index());
}

uint64_t peak_memory(at::Device device) {
  if (!device.is_cpu()) {
    const auto stats = at::accelerator::getDeviceStats(device.index());
    return static_cast<uint64_t>(stats.allocated_bytes[0].peak);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace engram::kernels
