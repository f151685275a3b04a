// What is said about a plugin file in manifests, `engram plugins` and `engram doctor`.
#pragma once

#include <filesystem>
#include <string>

namespace engram::strategy {

struct PluginFacts {
  std::string id;
  std::filesystem::path file;  // canonical
  std::string hash;            // SHA-256 of the file
  std::string fingerprint;     // one line: SDK, torch, compiler, standard
};

}  // namespace engram::strategy
