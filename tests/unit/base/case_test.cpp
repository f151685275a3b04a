#include "base/case.hpp"

#include "support/catch.hpp"

TEST_CASE("only ASCII letters are lowered, and other bytes stay") {
  REQUIRE(engram::text::lower("LayerNorm.Z@[9") == "layernorm.z@[9");
  REQUIRE(engram::text::lower("\xC3\x84\xE9") == "\xC3\x84\xE9");
}
