#include "base/errors.hpp"

#include "support/catch.hpp"

namespace engram {

TEST_CASE("a fault reads as one sentence with only the parts it has", "[base]") {
  CHECK(Fault{.what = "is empty"}.text() == "is empty");
  CHECK(Fault{.what = "is 0", .where = "a.lua:3", .allowed = "1 and above", .fix = "raise it"}.text() ==
        "a.lua:3: is 0 (allowed: 1 and above). Fix: raise it");
}

TEST_CASE("an error shows every fault on a line of its own and keeps its exit code", "[base]") {
  const DataError error({Fault{.what = "one", .where = "a"}, Fault{.what = "two"}});
  CHECK(std::string(error.what()) == "a: one\ntwo");
  CHECK(error.faults().size() == 2);
  CHECK(error.exit_code() == ExitCode::refused);
  CHECK(InternalError(Fault{.what = "broken"}).exit_code() == ExitCode::internal);
  CHECK(InternalError(Fault{.what = "disk full"}, ExitCode::resources).exit_code() == ExitCode::resources);
}

TEST_CASE("gathered faults are raised together, and none raise nothing", "[base]") {
  Faults faults;
  CHECK_NOTHROW(faults.raise<RecipeError>());
  faults.add({.what = "one"});
  faults.add(std::vector<Fault>{{.what = "two"}, {.what = "three"}});
  CHECK(faults.size() == 3);
  try {
    faults.raise<RecipeError>();
    FAIL("not raised");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "one\ntwo\nthree");
  }
}

}  // namespace engram
