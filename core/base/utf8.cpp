#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace engram {
namespace {

size_t skip_ascii(std::string_view bytes, size_t at) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  while (at + sizeof(uint64_t) <= bytes.size()) {
    uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + at, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
    at += sizeof(eight);
  }
  while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) ++at;
  return at;
}

// Length of the well-formed sequence that starts at `at` with a byte above 0x7F; 0 if there is none.
size_t sequence_length(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
  const unsigned first = byte(at);
  const size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                        : first >= 0xE0 && first <= 0xEF ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0) return 0;
  // Shortest form only, no surrogates, nothing above U+10FFFF: all three show in the second byte.
  const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(at + 1) < lowest || byte(at + 1) > highest) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (byte(at + i) < 0x80 || byte(at + i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

std::optional<size_t> first_invalid_utf8(std::string_view bytes) {
  size_t at = skip_ascii(bytes, 0);
  while (at < bytes.size()) {
    const size_t length = sequence_length(bytes, at);
    if (length == 0) return at;
    at = skip_ascii(bytes, at + length);
  }
  return std::nullopt;
}

}  // namespace engram
