#include "base/disk.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include "base/errors.hpp"

namespace engram::disk {
namespace {

struct Known {
  int number;
  const char* fix;     // before the way out; empty: that alone
  bool machine_fails;  // also when it is met in reading
};

constexpr std::array kKnown = {
    Known{ENOSPC, "free some space there", true},
    Known{EDQUOT, "free some of what your quota allows there", true},
    Known{EFBIG, "let files be larger (ulimit -f)", true},
    Known{EROFS, "let the disk be mounted for writing", true},
    Known{EACCES, "give yourself leave to write there", false},
    Known{EPERM, "give yourself leave to write there", false},
    Known{EIO, "see what the system says of the disk (dmesg)", true},
    Known{ENODEV, "bring the disk back", true},
    Known{ENXIO, "bring the disk back", true},
    Known{ESTALE, "bring the network disk back", true},
    Known{ENOTCONN, "bring the network disk back", true},
    Known{ETIMEDOUT, "bring the network disk back", true},
    Known{ENOENT, "bring the folder back, which was removed, moved or unmounted", false},
    Known{EMFILE, "let more files be open (ulimit -n)", true},
    Known{ENFILE, "close programs that hold many files open", true},
    Known{ENOMEM, "free some memory", true},
};

const Known* known(int error_number) {
  for (const Known& one : kKnown) {
    if (one.number == error_number) return &one;
  }
  return nullptr;
}

}  // namespace

void refuse_write(const std::filesystem::path& where, int error_number, std::string_view instead,
                  std::string_view what) {
  const Known* cause = known(error_number);
  std::string fix(instead);
  if (cause != nullptr) fix = cause->fix + (instead.empty() ? std::string() : ", or " + fix);
  throw InternalError(
      {.what = std::string(what) + ": " + std::strerror(error_number), .where = where.string(), .fix = std::move(fix)},
      ExitCode::resources);
}

void refuse_read(const std::filesystem::path& where, int error_number, std::string_view in_its_place) {
  Fault fault{.what = std::string("cannot be read: ") + std::strerror(error_number),
              .where = where.string(),
              .fix = std::string(in_its_place)};
  const Known* cause = known(error_number);
  if (cause == nullptr || !cause->machine_fails) throw DataError(std::move(fault));
  fault.fix = cause->fix;
  throw InternalError(std::move(fault), ExitCode::resources);
}

bool machine_failed(const std::error_code& error) {
  const bool of_system = error.category() == std::generic_category() || error.category() == std::system_category();
  const Known* cause = of_system ? known(error.value()) : nullptr;
  return cause != nullptr && cause->machine_fails;
}

}  // namespace engram::disk
