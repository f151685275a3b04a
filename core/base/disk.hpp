// What the system says of a file that cannot be written or read, as an error that says what to do about it. The one
// place that knows error numbers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace engram::disk {

// What else a user can do about a place that cannot be written.
inline constexpr std::string_view kAnotherFolder = "choose another folder with --out";

// Throws InternalError (exit 6): "WHERE: cannot be written: No space left on device", with what helps against that
// error, or else `instead`. `what` replaces "cannot be written".
[[noreturn]] void refuse_write(const std::filesystem::path& where, int error_number,
                               std::string_view instead = kAnotherFolder, std::string_view what = "cannot be written");

// Throws DataError (exit 3) where the path is wrong, with what to name in its place as the fix, or InternalError (exit
// 6) where the machine failed.
[[noreturn]] void refuse_read(const std::filesystem::path& where, int error_number, std::string_view in_its_place = "");

// Whether the machine failed (full, read-only or broken disk, quota, no memory, no file descriptors), so that the same
// command can succeed once the cause is gone.
bool machine_failed(const std::error_code& error);

}  // namespace engram::disk
