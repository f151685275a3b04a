#include "hub/environment.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace engram::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHub = "https://huggingface.co";

fs::path home() {
  const std::string named = environment("HOME");
  return named.empty() ? fs::path(".") : fs::path(named);
}

// The shell leaves a '~' inside quotes as it is; the Python tools expand it.
fs::path expanded(const std::string& path) {
  if (path == "~") return home();
  return path.starts_with("~/") ? home() / path.substr(2) : fs::path(path);
}

bool is_true(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::toupper(c); });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

void find_token(Access& access) {
  access.token_from = "HF_TOKEN";
  access.token = text::trim(environment("HF_TOKEN"));
  if (access.token.empty()) {
    const std::string named = environment("HF_TOKEN_PATH");
    const fs::path file = named.empty() ? hub_home() / "token" : expanded(named);
    access.token_from = file.string();
    if (fs::is_regular_file(file)) access.token = text::trim(read_file(file));
  }
  const auto unfit = [](unsigned char c) { return c <= ' ' || c >= 0x7f; };
  if (std::any_of(access.token.begin(), access.token.end(), unfit)) {
    throw DataError({.what = "is no token: there are blanks, line ends or other such characters in it",
                     .where = access.token_from,
                     .allowed = "one word, such as hf_..."});
  }
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path hub_home() {
  if (const std::string named = environment("HF_HOME"); !named.empty()) return expanded(named);
  const std::string caches = environment("XDG_CACHE_HOME");
  return (caches.empty() ? home() / ".cache" : expanded(caches)) / "huggingface";
}

fs::path hub_cache() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string named = environment(name); !named.empty()) return expanded(named);
  }
  return hub_home() / "hub";
}

Access access_from_environment() {
  Access access{.endpoint = environment("HF_ENDPOINT")};
  if (access.endpoint.empty()) access.endpoint = kHub;
  while (access.endpoint.ends_with('/')) access.endpoint.pop_back();
  if (!access.endpoint.starts_with("http://") && !access.endpoint.starts_with("https://")) {
    throw DataError({.what = "'" + access.endpoint + "' is no address of a hub",
                     .where = "HF_ENDPOINT",
                     .allowed = std::string("an address that begins with https:// or http://, such as ") + kHub});
  }
  for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}) {
    if (access.offline_by.empty() && is_true(environment(name))) access.offline_by = name;
  }
  find_token(access);
  const std::string silent = environment("HF_HUB_DOWNLOAD_TIMEOUT");
  std::from_chars(silent.data(), silent.data() + silent.size(), access.silent_seconds);
  access.silent_seconds = std::max(access.silent_seconds, 1L);
  return access;
}

}  // namespace engram::hub
