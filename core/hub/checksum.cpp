#include "hub/checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/errors.hpp"
#include "base/files.hpp"

namespace engram::hub {
namespace {

constexpr size_t kSha256Digits = 64;

}  // namespace

std::string git_blob_hash(const std::filesystem::path& file) {
  const uint64_t size = std::filesystem::file_size(file);
  const std::string head = "blob " + std::to_string(size) + '\0';
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) != 1) {
    throw InternalError({.what = "SHA-1 is not available in the OpenSSL library"});
  }
  EVP_DigestUpdate(context.get(), head.data(), head.size());
  if (size > 0) {
    const MappedFile map(file);
    EVP_DigestUpdate(context.get(), map.bytes().data(), map.bytes().size());
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int count = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &count);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (unsigned int i = 0; i < count; ++i) digits += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
  return digits;
}

std::string checksum_like(const std::string& hash, const std::filesystem::path& file) {
  return hash.size() == kSha256Digits ? sha256_of_file(file) : git_blob_hash(file);
}

}  // namespace engram::hub
