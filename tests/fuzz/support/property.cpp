#include "support/property.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <typeinfo>

#include "base/errors.hpp"

namespace engram::fuzz {

void broken(const std::string& promise) {
  std::fprintf(stderr, "a promise is broken: %s\n", promise.c_str());
  std::abort();
}

bool accepts(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    if (error.exit_code() == ExitCode::internal) broken(std::string("an internal error: ") + error.what());
    if (error.faults().empty()) broken("a refusal without a fault");
    for (const Fault& fault : error.faults()) {
      if (fault.what.empty()) broken("a fault without a text");
    }
    return false;
  } catch (const std::exception& error) {
    broken(std::string("an exception that is none of engram's, ") + typeid(error).name() + ": " + error.what());
  }
}

}  // namespace engram::fuzz
