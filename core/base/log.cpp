#include "base/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <memory>

#include "base/disk.hpp"

namespace engram::log {
namespace {

struct Loggers {
  std::shared_ptr<spdlog::sinks::stderr_sink_mt> console = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  spdlog::logger logger{"engram", console};

  Loggers() {
    console->set_level(spdlog::level::warn);
    console->set_pattern("%l: %v");
    logger.set_level(spdlog::level::debug);
  }
};

// The process has one standard error; this is the one place that writes log lines to it.
spdlog::logger& logger() {
  return *[] {
    static Loggers loggers;
    return &loggers.logger;
  }();
}

}  // namespace

void set_console_level(Level level) {
  static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                          spdlog::level::warn, spdlog::level::err, spdlog::level::off};
  logger().sinks().front()->set_level(kLevels[static_cast<int>(level)]);
}

void open_file(const std::filesystem::path& file) {
  std::shared_ptr<spdlog::sinks::basic_file_sink_mt> sink;
  try {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  } catch (const spdlog::spdlog_ex&) {
    disk::refuse_write(file, errno);
  }
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  logger().sinks().resize(1);
  logger().sinks().push_back(std::move(sink));
  logger().flush_on(spdlog::level::info);
}

void debug(std::string_view line) { logger().debug("{}", line); }
void info(std::string_view line) { logger().info("{}", line); }
void warning(std::string_view line) { logger().warn("{}", line); }
void error(std::string_view line) { logger().error("{}", line); }

}  // namespace engram::log
