// A scratch folder that is also the Hugging Face cache of a test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "support/catch.hpp"

namespace engram::hub::test {

namespace fs = std::filesystem;

// Sets variables for a test, and puts them back.
class Variables {
 public:
  Variables() = default;
  ~Variables() {
    for (const auto& [name, before] : before_) {
      before.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), before.c_str(), 1);
    }
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  // An empty value unsets.
  void set(const std::string& name, const std::string& value) {
    const char* now = std::getenv(name.c_str());
    before_.emplace(name, now == nullptr ? "" : now);
    value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  std::map<std::string, std::string> before_;
};

class CacheFolder {
 public:
  CacheFolder() {
    std::string name = (fs::temp_directory_path() / "engram-hub-XXXXXX").string();
    path_ = fs::canonical(::mkdtemp(name.data()));
    variables_.set("HF_HUB_CACHE", (path_ / "hub").string());
    fs::create_directories(path_ / "hub");
  }
  ~CacheFolder() { fs::remove_all(path_); }

  fs::path operator/(const std::string& name) const { return path_ / name; }
  fs::path cache() const { return path_ / "hub"; }

  // A file of a snapshot, laid out as huggingface_hub does: a blob and a relative link to it.
  void add(const std::string& repository, const std::string& commit, const std::string& name,
           const std::string& bytes = "{}") const {
    const fs::path folder = cache() / repository;
    const fs::path blob = folder / "blobs" / sha256(bytes);
    const fs::path link = folder / "snapshots" / commit / name;
    write_file_atomically(blob, bytes);
    fs::create_directories(link.parent_path());
    fs::create_symlink(blob.lexically_relative(link.parent_path()), link);
  }
  void point(const std::string& repository, const std::string& revision, const std::string& commit) const {
    write_file_atomically(cache() / repository / "refs" / revision, commit);
  }
  // config.json, model.safetensors and tokenizer.json, which main points to.
  void add_model(const std::string& repository, const std::string& commit) const {
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) add(repository, commit, name);
    point(repository, "main", commit);
  }

 private:
  fs::path path_;
  Variables variables_;
};

// Every fault of a refusal, a line each; "" when nothing is refused.
template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Error& error) {
    std::string lines;
    for (const Fault& fault : error.faults()) lines += fault.text() + "\n";
    return lines;
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline const std::string kCommit(40, 'a');
inline const std::string kOtherCommit(40, 'b');

}  // namespace engram::hub::test
