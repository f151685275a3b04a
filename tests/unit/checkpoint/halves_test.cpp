#include "checkpoint/halves.hpp"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace engram;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("engram-halves-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  void make(const std::string& name) const { write_file_atomically(path / name / "file", name); }
  bool has(const std::string& name) const { return fs::exists(path / name); }
};

}  // namespace

TEST_CASE("a folder is removed also where a process with the same number left a half of it") {
  const Folder folder;
  folder.make("best");
  folder.make("best.new-" + std::to_string(::getpid()));
  checkpoint::remove_whole(folder.path / "best");
  CHECK(fs::is_empty(folder.path));
  checkpoint::remove_whole(folder.path / "best");
}

TEST_CASE("what was put aside comes back where nothing took its place, and halves go") {
  const Folder folder;
  folder.make("best.new-7-before");
  folder.make("best.new-7");
  folder.make("step-000001");
  folder.make("step-000001.new-7-before");
  checkpoint::sweep_halves(folder.path);
  CHECK(read_file(folder.path / "best/file") == "best.new-7-before");
  CHECK(read_file(folder.path / "step-000001/file") == "step-000001");
  CHECK_FALSE(folder.has("best.new-7"));
  CHECK_FALSE(folder.has("step-000001.new-7-before"));
  checkpoint::sweep_halves(folder.path / "nowhere");
}
