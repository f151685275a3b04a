#include "strategy/guard.hpp"

#include <c10/util/Exception.h>

#include <exception>
#include <new>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "engram/sdk/error.hpp"

namespace engram::strategy {
namespace {

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
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
  }
  std::string before = "strategy '" + call.plugin + "', " + call.phase;
  if (!call.site.empty()) before += ", at " + call.site;
  Fault fault = describe_current(before + ": ");
  fault.where = call.place.text();
  throw PluginError(std::move(fault));
}

}  // namespace engram::strategy
