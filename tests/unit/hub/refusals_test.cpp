// What a server's status means to a user.
#include "hub/refusals.hpp"

#include "hub_support.hpp"

namespace engram::hub::test {
namespace {

const Reference kAsked{.repository = "org/name", .revision = "v2"};

Access access(const std::string& token) {
  return {.endpoint = "https://hub.example", .token = token, .token_from = "HF_TOKEN"};
}

std::string told(long status, const std::string& code, const std::string& token = "", const std::string& body = "") {
  Reply reply{.status = status, .host = "hub.example", .body = body};
  if (!code.empty()) reply.headers["x-error-code"] = code;
  return refusal_of(reply, kAsked, access(token)).text();
}

}  // namespace

TEST_CASE("a gated repository is explained, with and without a token", "[hub]") {
  CHECK(told(401, "GatedRepo") ==
        "org/name@v2: is gated: its owner wants the licence to be accepted first. Fix: accept the licence at "
        "https://hub.example/org/name, then set HF_TOKEN to a token made at https://hub.example/settings/tokens");
  CHECK(told(403, "GatedRepo", "hf_x") ==
        "org/name@v2: is gated: its owner wants the licence to be accepted first. Fix: accept the licence at "
        "https://hub.example/org/name with the account of the token from HF_TOKEN, which must be allowed to read gated "
        "repositories");
}

TEST_CASE("missing and private look the same, and both are said", "[hub]") {
  const std::string without =
      "org/name@v2: is missing or private: https://hub.example tells no more. Fix: correct the name; if the repository "
      "is private, set HF_TOKEN to a token made at https://hub.example/settings/tokens";
  CHECK(told(401, "") == without);
  CHECK(told(404, "RepoNotFound") == without);
  CHECK(told(404, "RepoNotFound", "hf_x") ==
        "org/name@v2: is missing or private: https://hub.example tells no more. Fix: correct the name; if the "
        "repository is private, the token from HF_TOKEN does not open it");
}

TEST_CASE("a token that is not accepted is named by its place, never by its text", "[hub]") {
  const std::string text = told(401, "", "hf_secret", "Invalid credentials");
  CHECK(contains(text, "https://hub.example does not accept the token from HF_TOKEN (HTTP 401: Invalid credentials)"));
  CHECK_FALSE(contains(text, "hf_secret"));
}

TEST_CASE("a missing revision and a missing file are told apart", "[hub]") {
  CHECK(told(404, "RevisionNotFound") ==
        "org/name: has no revision 'v2'. Fix: see https://hub.example/org/name/tree/main for its branches and tags");
  CHECK(contains(told(404, "EntryNotFound"), "a file that was listed is not there (HTTP 404)"));
}

TEST_CASE("a server that fails or is busy is named with its words", "[hub]") {
  CHECK(told(503, "", "", "over\x1b[31m capacity") ==
        "org/name@v2: hub.example fails (HTTP 503: over [31m capacity). Fix: pull again later: it goes on where it "
        "stopped");
  CHECK(contains(told(429, ""), "hub.example takes no more requests for now (HTTP 429)"));
  CHECK(contains(told(429, ""), "with a token more is allowed"));
  CHECK(contains(told(403, "", "hf_x", "Forbidden"), "hub.example refuses (HTTP 403: Forbidden)"));
  CHECK(passes(500));
  CHECK(passes(429));
  CHECK_FALSE(passes(404));
}

TEST_CASE("failed connections say what to look at", "[hub]") {
  using Kind = ConnectionFailed::Kind;
  const auto text = [](Kind kind) { return fault_of({kind, "reason", "hub.example"}).text(); };
  CHECK(text(Kind::cut) == "hub.example: the connection was cut: reason. Fix: pull again: it goes on where it stopped");
  CHECK(contains(text(Kind::unreachable), "hub.example: cannot be reached: reason. Fix: look at the network"));
  CHECK(contains(text(Kind::unknown_host), "the name of the host is not known: reason"));
  CHECK(contains(text(Kind::untrusted),
                 "the TLS connection is not trusted: reason. Fix: where a proxy signs "
                 "connections anew, let SSL_CERT_FILE name a file with its certificate"));
  CHECK(contains(text(Kind::other), "the download failed: reason"));
}

TEST_CASE("parts of an address are encoded", "[hub]") {
  CHECK(percent_encoded("refs/pr/1") == "refs%2Fpr%2F1");
  CHECK(percent_encoded("a b+#?.json") == "a%20b%2B%23%3F.json");
}

}  // namespace engram::hub::test
