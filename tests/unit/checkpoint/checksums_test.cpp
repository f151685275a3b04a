#include "checkpoint/checksums.hpp"

#include <cstdlib>

#include "base/files.hpp"
#include "checkpoint/swap.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::checkpoint;
namespace fs = std::filesystem;

namespace {

struct Scratch {
  Scratch() {
    std::string name = (fs::temp_directory_path() / "engram-sums-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

// A checkpoint of two files.
fs::path checkpoint_in(const Scratch& scratch) {
  FolderSwap swap(scratch.path / "best");
  write_file_atomically(swap.fresh() / "b", "second");
  write_file_atomically(swap.fresh() / "a", "first");
  swap.commit();
  return scratch.path / "best";
}

std::string refusal(const fs::path& folder) {
  try {
    verify_checksums(folder);
  } catch (const DataError& error) {
    return error.what();
  }
  return "whole";
}

std::string start(const std::string& bytes) { return sha256(bytes).substr(0, 12); }

}  // namespace

TEST_CASE("a checkpoint has the digests of all its files, in the format of sha256sum, sorted") {
  const Scratch scratch;
  const fs::path folder = checkpoint_in(scratch);
  CHECK(read_file(folder / "SHA256SUMS") == sha256("first") + "  a\n" + sha256("second") + "  b\n");
  CHECK(refusal(folder) == "whole");
  CHECK(std::system(("cd '" + folder.string() + "' && sha256sum -c --quiet --strict SHA256SUMS").c_str()) == 0);
  CHECK_FALSE(fs::exists(folder / ".lock"));
}

TEST_CASE("files that were changed or are gone are all named, with what was recorded and what is there") {
  const Scratch scratch;
  const fs::path folder = checkpoint_in(scratch);
  write_file_atomically(folder / "a", "First");
  CHECK(refusal(folder) == (folder / "a").string() + ": is damaged: SHA256SUMS says " + start("first") +
                               ", and it is " + start("First") +
                               ". Fix: copy it again from where it was made; if it was changed on purpose, remove "
                               "SHA256SUMS");
  fs::remove(folder / "b");
  CHECK(damages(folder).size() == 2);
  CHECK(refusal(folder).find("b: is gone, and SHA256SUMS names it. Fix: copy the folder again") != std::string::npos);
}

TEST_CASE("a folder without checksums is taken as it is, and files that they do not name are nobody's business") {
  const Scratch scratch;
  CHECK(refusal(scratch.path) == "whole");
  const fs::path folder = checkpoint_in(scratch);
  write_file_atomically(folder / "README.md", "mine");
  CHECK(refusal(folder) == "whole");
}

TEST_CASE("checksums that are damaged themselves are refused with the line") {
  const Scratch scratch;
  const fs::path folder = checkpoint_in(scratch);
  const std::string whole = read_file(folder / "SHA256SUMS");
  for (const std::string& text :
       {std::string(), std::string("\n"), whole.substr(0, 66), "x" + whole.substr(1), sha256("") + "  ../outside\n",
        sha256("") + "  /etc/passwd\n", sha256("") + "  ..\n"}) {
    INFO(text);
    write_file_atomically(folder / "SHA256SUMS", text);
    CHECK(refusal(folder).find("SHA256SUMS:1: is damaged (allowed: 64 hexadecimal digits, two spaces and the name of a "
                               "file in the folder)") != std::string::npos);
  }
  write_file_atomically(folder / "SHA256SUMS", whole.substr(0, whole.size() - 1));
  CHECK(refusal(folder).find("SHA256SUMS:2: is damaged") != std::string::npos);
}

TEST_CASE("a file written anew beside others leaves theirs, and their digests") {
  const Scratch scratch;
  const fs::path folder = checkpoint_in(scratch);
  {
    const FolderSwap swap(folder);
    swap.keep_all_but("b");
    write_file_atomically(swap.fresh() / "b", "third");
    swap.commit();
  }
  CHECK(refusal(folder) == "whole");
  CHECK(read_checksums(folder) == Checksums{{"a", sha256("first")}, {"b", sha256("third")}});
  CHECK(read_file(folder / "a") == "first");
}

TEST_CASE("a swap that is not committed leaves the old folder and nothing else") {
  const Scratch scratch;
  const fs::path folder = checkpoint_in(scratch);
  {
    const FolderSwap swap(folder);
    write_file_atomically(swap.fresh() / "a", "half");
  }
  CHECK(read_file(folder / "a") == "first");
  CHECK(std::distance(fs::directory_iterator(scratch.path), {}) == 1);
}
