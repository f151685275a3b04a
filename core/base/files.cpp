#include "base/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/disk.hpp"
#include "base/errors.hpp"
#include "base/written_digests.hpp"

namespace engram {
namespace {

constexpr size_t kHashedAtOnce = 1 << 20;

[[noreturn]] void cannot_read(const std::filesystem::path& file, const std::string& reason) {
  throw DataError({.what = "cannot be read: " + reason, .where = file.string()});
}

[[noreturn]] void refuse_without_sha256() {
  throw InternalError({.what = "SHA-256 is not available in the OpenSSL library"});
}

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

// A pipe that nobody writes into would block where it is opened.
int opened_to_read(const std::filesystem::path& file) {
  return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

size_t checked_size(const Descriptor& descriptor, const std::filesystem::path& file) {
  struct stat facts {};
  if (descriptor.get() < 0 && errno == ENXIO) cannot_read(file, "it is no regular file");  // a socket
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &facts) != 0) disk::refuse_read(file, errno);
  if (!S_ISREG(facts.st_mode)) cannot_read(file, S_ISDIR(facts.st_mode) ? "it is a folder" : "it is no regular file");
  return static_cast<size_t>(facts.st_size);
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) disk::refuse_write(file, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

// Also where a signal arrives, as some file systems tell it.
bool flushed(const Descriptor& descriptor) {
  while (::fsync(descriptor.get()) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

std::string hex(const unsigned char* digest, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace

std::string read_file(const std::filesystem::path& file) {
  const Descriptor descriptor(opened_to_read(file));
  std::string bytes(checked_size(descriptor, file), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(descriptor.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) disk::refuse_read(file, errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

void write_file_atomically(const std::filesystem::path& file, std::string_view bytes) {
  write_parts_atomically(file, {&bytes, 1});
}

void write_parts_atomically(const std::filesystem::path& file, std::span<const std::string_view> parts) {
  std::error_code failed;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) disk::refuse_write(file, failed.value());
  const std::filesystem::path temporary = file.string() + ".tmp-" + std::to_string(::getpid());
  try {
    const Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (descriptor.get() < 0) disk::refuse_write(file, errno);
    WrittenDigests* const digests = WrittenDigests::wanting(file);
    Sha256 digest;
    for (const std::string_view part : parts) {
      write_all(descriptor.get(), part, file);
      if (digests != nullptr) digest.add(part);
    }
    if (!flushed(descriptor)) disk::refuse_write(file, errno);
    if (::rename(temporary.c_str(), file.c_str()) != 0) disk::refuse_write(file, errno);
    flush_folder(file.has_parent_path() ? file.parent_path() : ".");
    if (digests != nullptr) digests->add(file, digest.digits());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void flush_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system that flushes no folders.
  const bool whole = descriptor.get() >= 0 && (flushed(descriptor) || errno == EINVAL);
  if (!whole) disk::refuse_write(folder, errno);
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) refuse_without_sha256();
  return hex(digest.data(), size);
}

std::string sha256_of_file(const std::filesystem::path& file) {
  // Read, not mapped: a disk that fails under a map kills the process without a word.
  const Descriptor descriptor(opened_to_read(file));
  checked_size(descriptor, file);
  std::vector<char> buffer(kHashedAtOnce);
  Sha256 digest;
  while (true) {
    const ssize_t count = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) disk::refuse_read(file, errno);
    if (count == 0) return digest.digits();
    digest.add({buffer.data(), static_cast<size_t>(count)});
  }
}

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  if (EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) != 1) refuse_without_sha256();
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) { EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()); }

std::string Sha256::digits() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(impl_->context, digest.data(), &size);
  return hex(digest.data(), size);
}

MappedFile::MappedFile(const std::filesystem::path& file) : path_(file) {
  const Descriptor descriptor(opened_to_read(file));
  size_ = checked_size(descriptor, file);
  if (size_ == 0) cannot_read(file, "it is empty");
  // Without a reservation, since hardly a page is ever written: a file may be larger than the memory.
  address_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor.get(), 0);
  if (address_ == MAP_FAILED) disk::refuse_read(file, errno);
}

MappedFile::~MappedFile() { ::munmap(address_, size_); }

std::filesystem::path cache_folder() {
  if (const char* own = std::getenv("ENGRAM_CACHE")) return own;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME")) return std::filesystem::path(xdg) / "engram";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : ".") / ".cache" / "engram";
}

}  // namespace engram
