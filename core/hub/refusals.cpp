#include "hub/refusals.hpp"

namespace engram::hub {
namespace {

std::string message_of(const Reply& reply) {
  const std::string told = reply.header("x-error-message");
  const std::string text = shown(told.empty() ? reply.body : told);
  return "HTTP " + std::to_string(reply.status) + (text.empty() ? "" : ": " + text);
}

std::string set_token(const Access& access) {
  return "set HF_TOKEN to a token made at " + access.endpoint + "/settings/tokens";
}

Fault gated(const Reference& reference, const Access& access) {
  const std::string page = access.endpoint + "/" + reference.repository;
  Fault fault{.what = "is gated: its owner wants the licence to be accepted first", .where = reference.text()};
  fault.fix = access.token.empty() ? "accept the licence at " + page + ", then " + set_token(access)
                                   : "accept the licence at " + page + " with the account of the token from " +
                                         access.token_from + ", which must be allowed to read gated repositories";
  return fault;
}

Fault missing_or_private(const Reference& reference, const Access& access) {
  Fault fault{.what = "is missing or private: " + access.endpoint + " tells no more", .where = reference.text()};
  fault.fix = access.token.empty() ? "correct the name; if the repository is private, " + set_token(access)
                                   : "correct the name; if the repository is private, the token from " +
                                         access.token_from + " does not open it";
  return fault;
}

Fault unauthorised(const Reply& reply, const Reference& reference, const Access& access) {
  if (reply.header("x-error-code") == "RepoNotFound" || access.token.empty()) {
    return missing_or_private(reference, access);
  }
  return {
      .what = access.endpoint + " does not accept the token from " + access.token_from + " (" + message_of(reply) + ")",
      .where = reference.text(),
      .fix = set_token(access) + ", or go without one"};
}

Fault not_found(const Reply& reply, const Reference& reference, const Access& access) {
  const std::string code = reply.header("x-error-code");
  if (code == "RevisionNotFound") {
    return {.what = "has no revision '" + reference.revision + "'",
            .where = reference.repository,
            .fix = "see " + access.endpoint + "/" + reference.repository + "/tree/main for its branches and tags"};
  }
  if (code == "EntryNotFound") {
    return {.what = "a file that was listed is not there (" + message_of(reply) + ")",
            .where = reference.text(),
            .fix = "pull again: the repository has changed meanwhile"};
  }
  return missing_or_private(reference, access);
}

}  // namespace

Fault refusal_of(const Reply& reply, const Reference& reference, const Access& access) {
  if (reply.header("x-error-code") == "GatedRepo") return gated(reference, access);
  if (reply.status == 401) return unauthorised(reply, reference, access);
  if (reply.status == 404) return not_found(reply, reference, access);
  Fault fault{.what = reply.host + " refuses (" + message_of(reply) + ")", .where = reference.text()};
  if (reply.status == 403) {
    fault.fix = access.token.empty() ? set_token(access)
                                     : "see what the token from " + access.token_from + " may do at " +
                                           access.endpoint + "/settings/tokens";
  } else if (reply.status == 429) {
    fault.what = reply.host + " takes no more requests for now (" + message_of(reply) + ")";
    fault.fix = "pull again in some minutes" +
                (access.token.empty() ? "; with a token more is allowed: " + set_token(access) : "");
  } else if (reply.status >= 500 || reply.status == 408) {
    fault.what = reply.host + " fails (" + message_of(reply) + ")";
    fault.fix = "pull again later: it goes on where it stopped";
  }
  return fault;
}

Fault fault_of(const ConnectionFailed& failed) {
  using Kind = ConnectionFailed::Kind;
  const auto fault = [&](const std::string& what, const std::string& fix) {
    return Fault{.what = what + ": " + failed.reason, .where = failed.host, .fix = fix};
  };
  switch (failed.kind) {
    case Kind::cut: return fault("the connection was cut", "pull again: it goes on where it stopped");
    case Kind::unreachable:
      return fault("cannot be reached", "look at the network, and at HF_ENDPOINT, https_proxy and no_proxy");
    case Kind::unknown_host:
      return fault("the name of the host is not known",
                   "look at the network, and at HF_ENDPOINT and https_proxy; for a machine without a network, pull "
                   "on another one and copy the cache");
    case Kind::untrusted:
      return fault("the TLS connection is not trusted",
                   "where a proxy signs connections anew, let SSL_CERT_FILE name a file with its certificate");
    case Kind::other: break;
  }
  return fault("the download failed", "look at HF_ENDPOINT, https_proxy and no_proxy");
}

bool passes(long status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace engram::hub
