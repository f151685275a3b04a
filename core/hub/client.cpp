#include "hub/client.hpp"

#include <chrono>
#include <thread>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "hub/refusals.hpp"

namespace engram::hub {
namespace {

constexpr int kMostAttempts = 5;
constexpr double kFirstWait = 0.5;
constexpr double kLongestWait = 120;
constexpr long kNoSuchRange = 416;

std::string path_of(const std::string& name) {
  std::vector<std::string> parts;
  for (const std::string& part : text::split(name, '/')) parts.push_back(percent_encoded(part));
  return text::join(parts, "/");
}

void sleep(double seconds) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  while (Clock::now() < end) {
    interrupt::check();
    std::this_thread::sleep_for(std::min<Clock::duration>(end - Clock::now(), std::chrono::milliseconds(100)));
  }
}

// What went wrong in an attempt after which another one makes sense.
struct Trouble {
  Fault fault;
  double asked_wait = 0;  // seconds, of Retry-After
  bool connection = false;
};

[[noreturn]] void give_up(const Trouble& trouble) {
  if (trouble.connection) throw Unreachable(trouble.fault);
  throw DataError(trouble.fault);
}

class Patience {
 public:
  Patience(std::string file, const Tell& tell) : file_(std::move(file)), tell_(tell) {}

  void renew() { failed_ = 0; }

  void wait(const Trouble& trouble) {
    ++failed_;
    const double seconds = std::max(kFirstWait * (1 << (failed_ - 1)), trouble.asked_wait);
    if (failed_ == kMostAttempts) give_up(trouble);
    if (seconds > kLongestWait) {
      Fault fault = trouble.fault;
      fault.what += "; it asks to wait " + text::duration(seconds);
      throw DataError(fault);
    }
    tell_(Retries{file_, trouble.fault.what, seconds});
    sleep(seconds);
  }

 private:
  std::string file_;
  const Tell& tell_;
  int failed_ = 0;
};

Trouble ended_early(const Reply& reply, const Target& target) {
  return {{.what = "'" + target.file + "' ended after " + text::thousands(static_cast<int64_t>(target.have())) +
                   " of " + text::thousands(static_cast<int64_t>(target.size)) + " bytes",
           .where = reply.host,
           .fix = "pull again: it goes on where it stopped"}};
}

}  // namespace

Unreachable::~Unreachable() = default;

Client::Client(const Access& access, const Reference& reference, const Tell& tell)
    : access_(access), reference_(reference), tell_(tell), http_(access.silent_seconds) {}

Reply Client::get(const std::string& url, const Target* target) {
  const auto have = [&] { return target == nullptr ? 0 : target->have(); };
  Patience patience(target == nullptr ? "" : target->file, tell_);
  for (uint64_t most = have();;) {
    Trouble trouble;
    try {
      Reply reply = http_.get({url, access_.token, have()}, target == nullptr ? nullptr : &target->receiver);
      const bool success = reply.status == 200 || reply.status == 206;
      if (success && (target == nullptr || target->have() == target->size)) return reply;
      if (reply.status == kNoSuchRange && have() > 0) return reply;
      trouble =
          success ? ended_early(reply, *target) : Trouble{refusal_of(reply, reference_, access_), reply.retry_after};
      if (!success && !passes(reply.status)) throw DataError(trouble.fault);
    } catch (const ConnectionFailed& failed) {
      trouble = {.fault = fault_of(failed), .connection = true};
      if (!failed.passes()) give_up(trouble);
    }
    // More than ever before: a server that ignores ranges begins again each time.
    if (have() > most) patience.renew();
    most = std::max(most, have());
    patience.wait(trouble);
  }
}

Listing Client::list() {
  const std::string url = access_.endpoint + "/api/models/" + path_of(reference_.repository) + "/revision/" +
                          percent_encoded(reference_.revision) + "?blobs=true";
  const Json answer = Json::parse(get(url, nullptr).body, nullptr, false);
  return read_listing(answer, url);
}

bool Client::fetch(const std::string& commit, const Target& target) {
  const std::string url =
      access_.endpoint + "/" + path_of(reference_.repository) + "/resolve/" + commit + "/" + path_of(target.file);
  return get(url, &target).status != kNoSuchRange;
}

}  // namespace engram::hub
