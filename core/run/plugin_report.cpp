#include "run/plugin_report.hpp"

#include "base/log.hpp"
#include "strategy/watch.hpp"

namespace engram::run {

void tell_plugin_report(const strategy::Strategies& strategies, report::Terminal& terminal, report::EventLog& events) {
  if (strategies.watch() == nullptr) return;
  const strategy::WatchReport report = strategy::report_of(*strategies.watch());
  for (const std::string& line : report.warnings) {
    terminal.warning(line);
    log::info(line);
  }
  for (const std::string& line : report.notes) {
    terminal.note(line);
    log::info(line);
  }
  events.sitting("plugins", {{"warnings", report.warnings}, {"notes", report.notes}});
}

}  // namespace engram::run
