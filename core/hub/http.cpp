#include "hub/http.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <exception>

#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "hub/environment.hpp"

namespace engram::hub {
namespace {

constexpr int kMostRedirects = 10;
constexpr long kConnectSeconds = 30;
constexpr size_t kShownBytes = 200;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const Origin&) const = default;
};

// Empty parts for text that is no address: then curl refuses it.
Origin origin_of(const std::string& url) {
  Origin origin;
  CURLU* parsed = curl_url();
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
    const auto part = [&](CURLUPart which) {
      char* text = nullptr;
      if (curl_url_get(parsed, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::string();
      std::string copy = lower(text);
      curl_free(text);
      return copy;
    };
    origin = {part(CURLUPART_SCHEME), part(CURLUPART_HOST), part(CURLUPART_PORT)};
  }
  curl_url_cleanup(parsed);
  return origin;
}

ConnectionFailed::Kind kind_of(CURLcode code) {
  using Kind = ConnectionFailed::Kind;
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return Kind::cut;
    case CURLE_COULDNT_CONNECT: return Kind::unreachable;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return Kind::unknown_host;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return Kind::untrusted;
    default: return Kind::other;
  }
}

// One transfer, as libcurl's callbacks see it.
struct Transfer {
  Reply reply;
  const Receiver* receiver = nullptr;
  bool begun = false;
  std::exception_ptr thrown;  // must not pass through libcurl, which is C

  bool succeeded() const { return reply.status == 200 || reply.status == 206; }

  void take(std::string_view bytes) {
    if (receiver != nullptr && succeeded()) {
      if (!begun) receiver->begin(reply);
      begun = true;
      receiver->bytes(bytes);
    } else if (reply.body.size() + bytes.size() <= kLongestBody) {
      reply.body += bytes;
    }
  }
};

size_t on_header(char* text, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string line = text::trim({text, size * count});
  if (line.starts_with("HTTP/")) {
    const size_t blank = line.find(' ');
    // Also after "100 Continue" and a proxy's own answer: the last one counts.
    transfer.reply.headers.clear();
    transfer.reply.status = blank == std::string::npos ? 0 : std::atol(line.c_str() + blank + 1);
  } else if (const size_t colon = line.find(':'); colon != std::string::npos) {
    transfer.reply.headers[lower(line.substr(0, colon))] = text::trim(line.substr(colon + 1));
  }
  return size * count;
}

size_t on_bytes(char* bytes, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  try {
    transfer.take({bytes, size * count});
    return size * count;
  } catch (...) {
    transfer.thrown = std::current_exception();
    return 0;
  }
}

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return interrupt::requested() ? 1 : 0; }

struct Headers {
  curl_slist* list = nullptr;
  ~Headers() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

// libcurl itself reads none of these: only its command line does.
std::string own_certificates() {
  for (const char* name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    if (const std::string file = environment(name); !file.empty()) return file;
  }
  return "";
}

}  // namespace

std::string Reply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

struct Http::Impl {
  CURL* curl = nullptr;
  char reason[CURL_ERROR_SIZE] = {};

  Impl() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
  }
  ~Impl() {
    curl_easy_cleanup(curl);
    curl_global_cleanup();
  }

  void set_up(long silent_seconds) {
    curl_easy_setopt(curl, CURLOPT_USERAGENT, ("engram/" + std::string(version())).c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, silent_seconds);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    if (const std::string file = own_certificates(); !file.empty()) {
      curl_easy_setopt(curl, CURLOPT_CAINFO, file.c_str());
    }
  }

  Reply once(const std::string& url, const Headers& headers, const std::string& range, const Receiver* receiver) {
    Transfer transfer{.receiver = receiver};
    reason[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
    curl_easy_setopt(curl, CURLOPT_RANGE, range.empty() ? nullptr : range.c_str());
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    const CURLcode code = curl_easy_perform(curl);
    interrupt::check();
    if (transfer.thrown) std::rethrow_exception(transfer.thrown);
    if (code != CURLE_OK) {
      const std::string text = reason[0] != '\0' ? reason : curl_easy_strerror(code);
      throw ConnectionFailed{kind_of(code), shown(text), origin_of(url).host};
    }
    if (receiver != nullptr && transfer.succeeded() && !transfer.begun) receiver->begin(transfer.reply);
    curl_off_t wait = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
    transfer.reply.retry_after = static_cast<double>(wait);
    return std::move(transfer.reply);
  }

  std::string redirected_to() const {
    char* url = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url);
    return url == nullptr ? "" : url;
  }
};

Http::Http(long silent_seconds) : impl_(std::make_unique<Impl>()) { impl_->set_up(silent_seconds); }
Http::~Http() = default;

Reply Http::get(const Request& request, const Receiver* receiver) {
  const Origin asked = origin_of(request.url);
  const std::string range = request.from == 0 ? "" : std::to_string(request.from) + "-";
  std::string url = request.url;
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    const Origin origin = origin_of(url);
    if (asked.scheme == "https" && origin.scheme != "https") {
      throw ConnectionFailed{ConnectionFailed::Kind::other, "redirects from https to " + origin.scheme, origin.host};
    }
    Headers headers;
    if (!request.token.empty() && origin == asked) headers.add("Authorization: Bearer " + request.token);
    Reply reply = impl_->once(url, headers, range, receiver);
    reply.host = origin.host;
    const std::string next = reply.status / 100 == 3 ? impl_->redirected_to() : "";
    if (next.empty()) return reply;
    url = next;
  }
  throw ConnectionFailed{ConnectionFailed::Kind::other, "redirects in a circle", asked.host};
}

std::string percent_encoded(const std::string& part) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const unsigned char c : part) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += static_cast<char>(c);
    } else {
      encoded += {'%', kDigits[c >> 4], kDigits[c & 15]};
    }
  }
  return encoded;
}

std::string shown(const std::string& text) {
  std::string clean;
  for (const unsigned char c : text.substr(0, kShownBytes)) clean += c < ' ' || c >= 0x7f ? ' ' : static_cast<char>(c);
  return text::trim(clean);
}

}  // namespace engram::hub
