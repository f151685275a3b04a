#include "run/series.hpp"

#include "support/catch.hpp"

using namespace engram;
using run::worse;

TEST_CASE("of two exit codes the one that needs more attention is the worse, whatever their numbers") {
  CHECK(worse(ExitCode::done, ExitCode::done) == ExitCode::done);
  CHECK(worse(ExitCode::done, ExitCode::budget_not_met) == ExitCode::budget_not_met);
  CHECK(worse(ExitCode::refused, ExitCode::budget_not_met) == ExitCode::refused);
  CHECK(worse(ExitCode::refused, ExitCode::resources) == ExitCode::resources);
  CHECK(worse(ExitCode::internal, ExitCode::resources) == ExitCode::internal);
  CHECK(worse(ExitCode::interrupted, ExitCode::internal) == ExitCode::interrupted);
}
