#include "base/seeds.hpp"

#include "support/catch.hpp"

namespace engram {

TEST_CASE("seeds are the first eight bytes of the named SHA-256", "[base]") {
  // From Python: int.from_bytes(hashlib.sha256(b"engram-seed/42/data order").digest()[:8], "little")
  CHECK(derive_seed(42, "data order") == 16693232623170268399u);
  CHECK(derive_seed(0, "") == 17222105187343592341u);
  CHECK(derive_seed(18446744073709551615u, "head:questions") == 3996248432947954862u);
}

TEST_CASE("consumers and seeds draw apart", "[base]") {
  CHECK(derive_seed(42, "dropout") != derive_seed(42, "data order"));
  CHECK(derive_seed(42, "dropout") != derive_seed(43, "dropout"));
}

}  // namespace engram
