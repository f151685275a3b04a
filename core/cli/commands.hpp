// The commands, one file each: parse, call one function, print.
#pragma once

#include "base/errors.hpp"

namespace CLI {
class App;
}

namespace engram::cli {

// What a command's callback leaves for main.
struct Context {
  ExitCode exit_code = ExitCode::done;
  bool json = false;  // failures are told on standard output too, as JSON
};

// Each adds its command to `app`, with a callback that does the work and may throw; main turns errors into text.
void add_run(CLI::App& app, Context& context);
void add_plan(CLI::App& app, Context& context);
void add_predict(CLI::App& app, Context& context);
void add_pull(CLI::App& app, Context& context);
void add_verify_resume(CLI::App& app, Context& context);
void add_compare(CLI::App& app, Context& context);
void add_eval(CLI::App& app, Context& context);
void add_merge(CLI::App& app, Context& context);
void add_unmerge(CLI::App& app, Context& context);
void add_inspect(CLI::App& app, Context& context);
void add_new(CLI::App& app, Context& context);
void add_new_plugin(CLI::App& group);  // under `new`
void add_plugins(CLI::App& app, Context& context);
void add_docs(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);

}  // namespace engram::cli
