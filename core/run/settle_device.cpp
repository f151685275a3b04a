#include "run/settle_device.hpp"

#include "kernels/device.hpp"

namespace engram::run {
namespace {

kernels::DeviceRequest request_of(recipe::Device device) {
  switch (device) {
    case recipe::Device::cpu: return kernels::DeviceRequest::cpu;
    case recipe::Device::cuda: return kernels::DeviceRequest::cuda;
    case recipe::Device::automatic: break;
  }
  return kernels::DeviceRequest::automatic;
}

}  // namespace

at::Device settle_device(const recipe::Train& settings) {
  const at::Device device = kernels::open_device(request_of(settings.device));
  kernels::settle_numerics(settings.threads);
  return device;
}

}  // namespace engram::run
