#include "cli/failure.hpp"

#include <c10/util/Exception.h>

#include <filesystem>
#include <new>

#include "base/interrupt.hpp"
#include "support/catch.hpp"

namespace engram::cli {
namespace {

template <class Thrown>
Failure describe_thrown(Thrown thrown) {
  return describe(std::make_exception_ptr(thrown));
}

TEST_CASE("one fault is told in place, with what is allowed and the fix on lines of their own") {
  const Failure failure =
      describe_thrown(RecipeError(Fault{"unknown key 'epoch'", "r.lua:3", "epochs, seed", "write 'epochs'"}));
  CHECK(failure.text == "engram: r.lua:3: unknown key 'epoch'\n  allowed: epochs, seed\n  fix: write 'epochs'\n");
  CHECK(failure.exit_code == ExitCode::refused);
}

TEST_CASE("several faults are counted and numbered") {
  const Failure failure =
      describe_thrown(DataError({Fault{"an empty text", "a.csv:3"}, Fault{"no label", "a.csv:9", "", "add one"}}));
  CHECK(failure.text ==
        "engram: 2 things are wrong\n\n  1. a.csv:3: an empty text\n\n  2. a.csv:9: no label\n     fix: add one\n");
}

TEST_CASE("readers of --json get each fault as an object, and what is no error of a recipe too") {
  const Failure failure = describe_thrown(RecipeError(Fault{"unknown key", "r.lua:3", "epochs", "write 'epochs'"}));
  CHECK(json_line(failure) ==
        "{\"event\":\"failed\",\"exit_code\":3,\"faults\":[{\"what\":\"unknown key\",\"where\":\"r.lua:3\","
        "\"allowed\":\"epochs\",\"fix\":\"write 'epochs'\"}]}\n");
  const Json other = Json::parse(json_line(describe_thrown(std::bad_alloc())));
  CHECK(other["exit_code"] == 6);
  CHECK(other["faults"][0]["what"] == "out of memory: std::bad_alloc");
}

TEST_CASE("each kind of error has its exit code") {
  CHECK(describe_thrown(PluginError(Fault{"p"})).exit_code == ExitCode::refused);
  CHECK(describe_thrown(InternalError(Fault{"i"})).exit_code == ExitCode::internal);
  CHECK(describe_thrown(InternalError(Fault{"disk"}, ExitCode::resources)).exit_code == ExitCode::resources);
  CHECK(describe_thrown(interrupt::Interrupted{}).exit_code == ExitCode::interrupted);
  CHECK(describe_thrown(std::bad_alloc()).exit_code == ExitCode::resources);
  CHECK(describe_thrown(std::runtime_error("r")).exit_code == ExitCode::internal);
  CHECK(describe_thrown(7).exit_code == ExitCode::internal);
}

TEST_CASE("a path that the system cannot follow is a fault of what was named, a full disk one of the machine") {
  const auto thrown = [](std::errc code) {
    return std::filesystem::filesystem_error("status", "models/loop", std::make_error_code(code));
  };
  const Failure loop = describe_thrown(thrown(std::errc::too_many_symbolic_link_levels));
  CHECK(loop.text == "engram: models/loop: cannot be read or written: Too many levels of symbolic links\n");
  CHECK(loop.exit_code == ExitCode::refused);
  CHECK(describe_thrown(thrown(std::errc::no_space_on_device)).exit_code == ExitCode::resources);
  CHECK(describe_thrown(thrown(std::errc::read_only_file_system)).exit_code == ExitCode::resources);
}

TEST_CASE("an error of LibTorch is told without its C++ stack") {
  try {
    TORCH_CHECK(false, "sizes differ");
  } catch (const c10::Error&) {
    const Failure failure = describe(std::current_exception());
    CHECK(failure.text == "engram: LibTorch failed: sizes differ\n");
    CHECK(failure.exit_code == ExitCode::internal);
  }
}

TEST_CASE("memory that LibTorch could not get ends with exit 6 and what to change") {
  try {
    TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes");
  } catch (const c10::Error&) {
    const Failure failure = describe(std::current_exception());
    CHECK(failure.exit_code == ExitCode::resources);
    CHECK(failure.text.find("fix: a smaller train.batch_size with more train.accumulation") != std::string::npos);
  }
}

TEST_CASE("of very many faults the first hundred are shown") {
  const std::string text = fault_list(RecipeError(std::vector<Fault>(130, Fault{"wrong"})));
  CHECK(text.find("130 things are wrong") != std::string::npos);
  CHECK(text.find("\n  100. wrong\n") != std::string::npos);
  CHECK(text.find("101. wrong") == std::string::npos);
  CHECK(text.find("\n  and 30 more\n") != std::string::npos);
}

}  // namespace
}  // namespace engram::cli
