// GET requests over libcurl: redirects, ranges, and who may see the token. Nothing else of engram talks to the network.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace engram::hub {

struct Request {
  std::string url;
  std::string token;  // sent to the origin (scheme, host, port) of `url` alone, not to where it redirects; empty: none
  uint64_t from = 0;  // first byte that is wanted; the server may send all of them nevertheless
};

struct Reply {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string host;                            // that answered in the end
  double retry_after = 0;                      // seconds that the server asks to wait
  std::string body;                            // when nobody received it, at most kLongestBody bytes of it

  std::string header(const std::string& name) const;
};

inline constexpr size_t kLongestBody = 32 << 20;

// Takes the bytes of a reply with status 200 or 206. What these throw comes out of get().
struct Receiver {
  std::function<void(const Reply&)> begin;  // before the first byte: status and headers are there
  std::function<void(std::string_view)> bytes;
};

// The connection failed before there was a whole reply.
struct ConnectionFailed {
  enum class Kind { cut, unreachable, unknown_host, untrusted, other };
  Kind kind = Kind::other;
  std::string reason;  // libcurl's, one line
  std::string host;

  // Whether another attempt could help.
  bool passes() const { return kind == Kind::cut || kind == Kind::unreachable; }
};

class Http {
 public:
  // A connection without a byte for so long counts as cut.
  explicit Http(long silent_seconds);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // Follows at most ten redirects, none from https to http. Throws ConnectionFailed; interrupt::Interrupted when a
  // signal arrives.
  Reply get(const Request& request, const Receiver* receiver = nullptr);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "a b" -> "a%20b": one part of a path.
std::string percent_encoded(const std::string& part);

// Text of a server, fit to be shown: control characters gone, at most 200 bytes.
std::string shown(const std::string& text);

}  // namespace engram::hub
