// What --strict-plugins has seen of the strategies by the end of a run, told to people; it concerns one sitting, so
// that events.jsonl says nothing of it.
#pragma once

#include "report/events.hpp"
#include "report/terminal.hpp"
#include "strategy/strategies.hpp"

namespace engram::run {

// To the terminal, to the log and to timing.jsonl ("plugins"). Does nothing where the checks are usual.
void tell_plugin_report(const strategy::Strategies& strategies, report::Terminal& terminal, report::EventLog& events);

}  // namespace engram::run
