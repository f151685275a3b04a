// Which device a run computes on, settled once before anything else asks LibTorch about devices.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace engram::kernels {

enum class DeviceRequest { automatic, cpu, cuda };

// "cpu" and "cuda"; every other name is `automatic`.
DeviceRequest device_request(const std::string& name);

// Opens the CUDA half of LibTorch when it is asked for, or when a driver is present and `automatic` was asked for.
// Must be the process's first question about devices: LibTorch remembers the first answer for good.
// Throws InternalError (exit 6) when `cuda` was asked for and there is none, with the reason.
at::Device open_device(DeviceRequest request);

// Intra-op threads for the whole process (0: every core it may use) and deterministic algorithms where they exist.
void settle_numerics(int threads);

// A generator of random numbers on the device, independent of every other.
at::Generator make_generator(at::Device device, uint64_t seed);

// Waits until the device has done all work that was queued; nothing on a CPU.
void synchronise(at::Device device);

// The most memory this process has held: resident memory on a CPU, allocated device memory otherwise. Bytes.
uint64_t peak_memory(at::Device device);

}  // namespace engram::kernels
