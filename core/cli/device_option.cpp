#include "cli/device_option.hpp"

#include <CLI/CLI.hpp>

#include "kernels/device.hpp"

namespace engram::cli {

void DeviceOption::add_to(CLI::App& command) {
  command.add_option("--device", name_, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
}

at::Device DeviceOption::open() const {
  const at::Device device = kernels::open_device(kernels::device_request(name_));
  kernels::settle_numerics(0);
  return device;
}

}  // namespace engram::cli
