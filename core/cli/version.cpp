#include "cli/version.hpp"

#include "base/version.hpp"
#include "strategy/fingerprint.hpp"

namespace engram::cli {

std::string version_text() {
  const EngramFingerprint host = strategy::host_fingerprint();
  const std::string standard = std::to_string(host.cpp_standard / 100 % 100);
  return std::string("engram    ") + version() + "\nSDK       " + host.sdk_version + "\ntorch     " +
         host.torch_version + "\ncompiler  " + host.compiler + " " + host.compiler_version + ", C++" + standard + ", " +
         host.standard_library + "\nABI tag   " + strategy::host_abi_tag();
}

}  // namespace engram::cli
