#include "strategy/guard.hpp"

#include <c10/util/Exception.h>

#include <atomic>
#include <exception>

#include "base/interrupt.hpp"
#include "engram/sdk/error.hpp"
#include "kernels/failed_allocation.hpp"
#include "strategy/watch.hpp"

namespace engram::strategy {
namespace {

// Read by handlers of signals and by whoever ends the process.
std::atomic<const CallSite*> in_flight = nullptr;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Fault describe_current(const std::string& before) {
  try {
    throw;
  } catch (const sdk::Error& error) {
    return {before + error.what(), "", "", error.fix()};
  } catch (const c10::Error& error) {
    return {before + "torch refused an operation: " + first_line(error.what_without_backtrace())};
  } catch (const std::exception& error) {
    return {before + error.what()};
  } catch (...) {
    return {before + "threw something that is no exception"};
  }
}

}  // namespace

void rethrow_as_plugin_error(const CallSite& call) {
  try {
    throw;
  } catch (const Error&) {
    throw;  // the host's own, thrown below a plugin: it has its texts already
  } catch (const interrupt::Interrupted&) {
    throw;  // a signal arrived while the host worked for the plugin
  } catch (...) {
    if (kernels::failed_allocation(std::current_exception())) throw;
  }
  Fault fault = describe_current(call.text() + ": ");
  fault.where = call.place.text();
  throw PluginError(std::move(fault));
}

std::string CallSite::text() const {
  return "strategy '" + plugin + "', " + phase + (site.empty() ? "" : ", at " + site);
}

PluginError CallSite::offence(const std::string& what, const std::string& fix) const {
  return PluginError(Fault{text() + ": " + what, place.text(), "", fix});
}

const CallSite* call_in_flight() { return in_flight; }

Supervision::Supervision(const CallSite& call) : call_(call), outer_(in_flight) {
  if (call_.watch) call_.watch->enter(call_);
  in_flight = &call_;
}

void Supervision::check() {
  checked_ = true;
  if (const auto change = before_.change()) {
    before_.restore();
    throw call_.offence(change->what, change->fix);
  }
  if (call_.watch) call_.watch->check(call_);
}

Supervision::~Supervision() {
  if (!checked_ && before_.change()) before_.restore();
  in_flight = outer_;
  if (call_.watch) call_.watch->leave();
}

}  // namespace engram::strategy
