// Is a plugin built for this very program? The tag is compared before loading, the fingerprint after.
#pragma once

#include <string>
#include <vector>

#include "engram/sdk/fingerprint.hpp"

namespace engram::strategy {

// The ABI tag of this program, the name of the symbol that a plugin must export.
std::string host_abi_tag();
EngramFingerprint host_fingerprint();

// One line for people: "SDK 0.1.0, torch 2.11.0, gcc 12.2.0, C++20, libstdcxx".
std::string one_line(const EngramFingerprint& fingerprint);

// Every difference as "torch 2.12, here 2.11". Empty: the same.
std::vector<std::string> tag_differences(const std::string& tag);
std::vector<std::string> fingerprint_differences(const EngramFingerprint& plugin);

}  // namespace engram::strategy
