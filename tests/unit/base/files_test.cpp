#include "base/files.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "base/errors.hpp"
#include "base/written_digests.hpp"
#include "support/catch.hpp"
#include "support/refusal.hpp"

namespace engram {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-base-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("what is written is read back, and nothing else is left in the folder", "[base]") {
  const Folder folder;
  const std::string bytes("a\0b\n", 4);
  write_file_atomically(folder / "deep/er/file", "old");
  write_file_atomically(folder / "deep/er/file", bytes);
  CHECK(read_file(folder / "deep/er/file") == bytes);
  const auto entries = std::filesystem::directory_iterator(folder / "deep/er");
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("a file that cannot be read is refused with the system's reason", "[base]") {
  const Folder folder;
  CHECK(test::refusal<Error>([&] { read_file(folder / "absent"); }) ==
        (folder / "absent").string() + ": cannot be read: No such file or directory");
  CHECK(test::refusal<Error>([&] { read_file(folder / ""); }) ==
        (folder / "").string() + ": cannot be read: it is a folder");
}

TEST_CASE("a file that cannot be written is a failure of resources", "[base]") {
  const Folder folder;
  write_file_atomically(folder / "file", "kept");
  try {
    write_file_atomically(folder / "file/below", "lost");
    FAIL("written");
  } catch (const InternalError& error) {
    CHECK(error.exit_code() == ExitCode::resources);
    CHECK(std::string(error.what()).find("file/below: cannot be written: ") != std::string::npos);
  }
  CHECK(read_file(folder / "file") == "kept");
}

TEST_CASE("hashes are SHA-256 as the standard's examples have them", "[base]") {
  // FIPS 180-2, appendix B.1, and the hash of no bytes.
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const std::string none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  CHECK(sha256("abc") == abc);
  CHECK(sha256("") == none);
  const Folder folder;
  write_file_atomically(folder / "abc", "abc");
  write_file_atomically(folder / "none", "");
  CHECK(sha256_of_file(folder / "abc") == abc);
  CHECK(sha256_of_file(folder / "none") == none);
}

TEST_CASE("files of a folder are hashed while they are written, those of other folders are not", "[base]") {
  const Folder folder;
  write_file_atomically(folder / "in/before", "0");
  const WrittenDigests outer(folder / "in");
  {
    const WrittenDigests inner(folder / "in/deep");
    write_file_atomically(folder / "in/deep/file", "a");
    CHECK(inner.by_name() == std::map<std::string, std::string>{{"file", sha256("a")}});
    write_file_atomically(folder / "in/a", "old");
  }
  const std::vector<std::string_view> parts = {"a", "b", "c"};
  write_parts_atomically(folder / "in/a", parts);
  write_file_atomically(folder / "in/deep/later", "a");
  CHECK(outer.by_name() == std::map<std::string, std::string>{{"a", sha256("abc")}});
  CHECK(sha256_of_file(folder / "in/a") == sha256("abc"));
}

TEST_CASE("writing into a memory map never reaches the file", "[base]") {
  const Folder folder;
  write_file_atomically(folder / "file", "abc");
  const MappedFile map(folder / "file");
  REQUIRE(map.bytes().size() == 3);
  map.bytes()[0] = std::byte{'x'};
  CHECK(read_file(folder / "file") == "abc");
  write_file_atomically(folder / "empty", "");
  CHECK(test::refusal<Error>([&] { MappedFile{folder / "empty"}; }) ==
        (folder / "empty").string() + ": cannot be read: it is empty");
}

TEST_CASE("the cache folder follows the environment", "[base]") {
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  ::setenv("ENGRAM_CACHE", "/own", 1);
  CHECK(cache_folder() == "/own");
  ::unsetenv("ENGRAM_CACHE");
  CHECK(cache_folder() == "/x/engram");
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/someone", 1);
  CHECK(cache_folder() == "/home/someone/.cache/engram");
}

TEST_CASE("a pipe, a device or a socket in place of a file is refused at once", "[base]") {
  const Folder folder;
  const std::filesystem::path pipe = folder / "pipe", socket = folder / "socket";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(::mknod(socket.c_str(), S_IFSOCK | 0600, 0) == 0);
  for (const std::filesystem::path& file : {pipe, socket, std::filesystem::path("/dev/zero")}) {
    const std::string expected = file.string() + ": cannot be read: it is no regular file";
    CHECK(test::refusal<Error>([&] { read_file(file); }) == expected);
    CHECK(test::refusal<Error>([&] { sha256_of_file(file); }) == expected);
    CHECK(test::refusal<Error>([&] { const MappedFile map(file); }) == expected);
  }
}

}  // namespace engram
