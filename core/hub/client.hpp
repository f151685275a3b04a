// Requests to a hub that are repeated while that may help.
#pragma once

#include "base/errors.hpp"
#include "hub/environment.hpp"
#include "hub/events.hpp"
#include "hub/http.hpp"
#include "hub/listing.hpp"
#include "hub/reference.hpp"

namespace engram::hub {

// No connection came about, or none held.
class Unreachable : public DataError {
 public:
  using DataError::DataError;
  ~Unreachable() override;
};

// Where the bytes of a file go.
struct Target {
  std::string file;
  uint64_t size = 0;
  std::function<uint64_t()> have;  // bytes that are there; the next attempt asks for the rest
  Receiver receiver;
};

// Cut connections, 408, 429 and 5xx are met by waiting (0.5 s, doubled each time; Retry-After when it is longer) and
// asking again, five times in a row without a new byte at most. Everything throws DataError for what remains,
// Unreachable where that is the connection.
class Client {
 public:
  Client(const Access& access, const Reference& reference, const Tell& tell);

  const std::string& repository() const { return reference_.repository; }
  Listing list();
  // Until `target` has all bytes, or the server says that there is no such range (false).
  bool fetch(const std::string& commit, const Target& target);

 private:
  Reply get(const std::string& url, const Target* target);

  const Access& access_;
  const Reference& reference_;
  const Tell& tell_;
  Http http_;
};

}  // namespace engram::hub
