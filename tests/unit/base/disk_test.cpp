#include "base/disk.hpp"

#include <cerrno>
#include <functional>

#include "base/errors.hpp"
#include "support/catch.hpp"

namespace engram {
namespace {

struct Told {
  std::string text;
  ExitCode code = ExitCode::done;
};

Told told(const std::function<void()>& refuse) {
  try {
    refuse();
  } catch (const Error& error) {
    return {error.what(), error.exit_code()};
  }
  return {};
}

Told write(int error) {
  return told([&] { disk::refuse_write("out/file", error); });
}

}  // namespace

TEST_CASE("what cannot be written is told with the system's reason and what helps against it, with exit 6") {
  const std::string start = "out/file: cannot be written: ", other = ", or choose another folder with --out";
  CHECK(write(ENOSPC).text == start + "No space left on device. Fix: free some space there" + other);
  CHECK(write(EDQUOT).text == start + "Disk quota exceeded. Fix: free some of what your quota allows there" + other);
  CHECK(write(EROFS).text == start + "Read-only file system. Fix: let the disk be mounted for writing" + other);
  CHECK(write(EACCES).text == start + "Permission denied. Fix: give yourself leave to write there" + other);
  CHECK(write(EIO).text == start + "Input/output error. Fix: see what the system says of the disk (dmesg)" + other);
  CHECK(write(EMFILE).text == start + "Too many open files. Fix: let more files be open (ulimit -n)" + other);
  CHECK(write(ENAMETOOLONG).text == start + "File name too long. Fix: choose another folder with --out");
  for (const int error : {ENOSPC, EACCES, EIO, ENAMETOOLONG}) CHECK(write(error).code == ExitCode::resources);
}

TEST_CASE("the way out and the words can be those of the place") {
  CHECK(told([] { disk::refuse_write("f", ENOSPC, "go", "cannot be locked"); }).text ==
        "f: cannot be locked: No space left on device. Fix: free some space there, or go");
  CHECK(told([] { disk::refuse_write("f", ENOSPC, ""); }).text ==
        "f: cannot be written: No space left on device. Fix: free some space there");
}

TEST_CASE("in reading, a wrong path is refused and a machine that fails is exit 6") {
  const Told absent = told([] { disk::refuse_read("f", ENOENT); });
  CHECK(absent.text == "f: cannot be read: No such file or directory");
  CHECK(absent.code == ExitCode::refused);
  CHECK(told([] { disk::refuse_read("f", EACCES); }).code == ExitCode::refused);
  CHECK(told([] { disk::refuse_read("f", ENOENT, "name a file"); }).text ==
        "f: cannot be read: No such file or directory. Fix: name a file");
  const Told broken = told([] { disk::refuse_read("f", EIO); });
  CHECK(broken.text == "f: cannot be read: Input/output error. Fix: see what the system says of the disk (dmesg)");
  CHECK(broken.code == ExitCode::resources);
}

TEST_CASE("a full, read-only or broken disk is the machine's fault, a path that leads nowhere is not") {
  for (const auto code : {std::errc::no_space_on_device, std::errc::read_only_file_system, std::errc::io_error,
                          std::errc::too_many_files_open}) {
    CHECK(disk::machine_failed(std::make_error_code(code)));
  }
  CHECK_FALSE(disk::machine_failed(std::make_error_code(std::errc::no_such_file_or_directory)));
  CHECK_FALSE(disk::machine_failed(std::make_error_code(std::errc::permission_denied)));
  CHECK_FALSE(disk::machine_failed({}));
}

}  // namespace engram
