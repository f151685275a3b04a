#include "run/other_numerics.hpp"

namespace engram::run {
namespace {

struct Compared {
  const char* where;
  const char* before;  // stands before both values
  const char* way_out;
};

constexpr Compared kCompared[] = {
    {"/threads", "threads: ", "set train.threads in a recipe whose runs must not depend on the machine"},
    {"/cpu_capability", "processor instructions: ", "go on where it was begun, or set ATEN_CPU_CAPABILITY"},
    {"/versions/torch", "torch ", "go on with the torch that it was begun with"},
    {"/device", "device ", "go on with the device that it was begun on"},
};

std::string shown(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

std::vector<std::string> other_numerics(const Json& before, const Json& now) {
  std::vector<std::string> told;
  for (const Compared& compared : kCompared) {
    const Json::json_pointer at(compared.where);
    const Json was = before.value(at, Json()), is = now.value(at, Json());
    if (was.is_null() || is.is_null() || was == is) continue;
    told.push_back("the run began with " + (compared.before + shown(was)) + ", and goes on with " + shown(is) +
                   ": its numbers will not be exactly those of an uninterrupted run (" + compared.way_out + ")");
  }
  return told;
}

}  // namespace engram::run
