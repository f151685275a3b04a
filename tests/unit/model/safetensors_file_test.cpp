#include <thread>

#include "model/safetensors.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

std::vector<NamedTensor> every_dtype() {
  return {{"b.weight", at::arange(6, at::kFloat).view({2, 3}) / 4},
          {"a.scalar", at::scalar_tensor(-1.5, at::kFloat)},
          {"empty", at::empty({0, 3}, at::kFloat)},
          {"half", at::tensor({1.0, -2.5}).to(at::kHalf)},
          {"brain", at::tensor({0.5, 3.0}).to(at::kBFloat16)},
          {"long", at::tensor({int64_t{1} << 40, int64_t{-1}}, at::kLong)},
          {"int", at::tensor({7}, at::kInt)},
          {"double", at::tensor({0.1}, at::kDouble)},
          {"flags", at::tensor({1, 0, 1}, at::kInt).to(at::kBool)},
          {"bytes", at::tensor({255}, at::kInt).to(at::kByte)}};
}

}  // namespace

TEST_CASE("every dtype that the safetensors package wrote is read as it was") {
  const SafetensorsFile file(golden("safetensors/every_dtype.safetensors"));
  CHECK(file.header().entries.size() == every_dtype().size());
  for (const NamedTensor& expected : every_dtype()) {
    INFO(expected.name);
    const at::Tensor read = file.tensor(expected.name);
    CHECK(read.scalar_type() == expected.tensor.scalar_type());
    CHECK(at::equal(read, expected.tensor));
  }
}

TEST_CASE("what engram writes is byte for byte what the safetensors package writes") {
  const ScratchFolder scratch;
  write_safetensors(scratch / "out.safetensors", every_dtype());
  CHECK(read_file(scratch / "out.safetensors") == read_file(golden("safetensors/every_dtype.safetensors")));
}

TEST_CASE("transposed tensors and metadata survive writing and reading") {
  const ScratchFolder scratch;
  const at::Tensor transposed = at::arange(12, at::kFloat).view({3, 4}).t();
  write_safetensors(scratch / "t.safetensors", {{"t", transposed}}, {{"note", "\"quoted\" \xC3\xA9"}});
  const SafetensorsFile file(scratch / "t.safetensors");
  CHECK(at::equal(file.tensor("t"), transposed));
  CHECK(file.header().metadata.at("note") == "\"quoted\" \xC3\xA9");
  CHECK(file.header().metadata.at("format") == "pt");
}

TEST_CASE("a tensor outlives its file object, and writing into it leaves the file alone") {
  const ScratchFolder scratch;
  write_safetensors(scratch / "w.safetensors", {{"w", at::ones({4}, at::kFloat)}});
  const std::string before = read_file(scratch / "w.safetensors");
  at::Tensor tensor = SafetensorsFile(scratch / "w.safetensors").tensor("w");
  tensor.mul_(3);
  CHECK(at::equal(tensor, at::full({4}, 3.0)));
  CHECK(read_file(scratch / "w.safetensors") == before);
}

TEST_CASE("data that is not aligned to its dtype is read as it stands") {
  const ScratchFolder scratch;
  const std::string json = R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                           R"("f":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  std::string bytes(1, static_cast<char>(json.size()));
  bytes += std::string(7, '\0') + json + '\x05';
  const float values[] = {1.25F, -8.0F};
  bytes.append(reinterpret_cast<const char*>(values), sizeof values);
  write_file_atomically(scratch / "u.safetensors", bytes);
  const at::Tensor read = SafetensorsFile(scratch / "u.safetensors").tensor("f");
  CHECK(at::equal(read, at::tensor({1.25, -8.0}, at::kFloat)));
}

TEST_CASE("asking for a tensor that is not there names the nearest ones") {
  const SafetensorsFile file(golden("safetensors/every_dtype.safetensors"));
  const std::string text = refusal([&] { file.tensor("b.weigth"); });
  CHECK(contains(text, "holds no tensor 'b.weigth'; did you mean 'b.weight'"));
}

TEST_CASE("a file that is missing or empty is refused by name") {
  const ScratchFolder scratch;
  CHECK(contains(refusal([&] { SafetensorsFile(scratch / "none.safetensors"); }), "none.safetensors"));
  write_file_atomically(scratch / "empty.safetensors", "");
  CHECK(contains(refusal([&] { SafetensorsFile(scratch / "empty.safetensors"); }), "it is empty"));
}

TEST_CASE("tensors that cannot be stored under their names or dtypes are refused") {
  const ScratchFolder scratch;
  const at::Tensor one = at::ones({1});
  const auto write = [&](const std::vector<NamedTensor>& tensors) {
    return refusal<InternalError>([&] { write_safetensors(scratch / "x.safetensors", tensors); });
  };
  CHECK(contains(write({{"w", one}, {"w", one}}), "the name 'w' cannot be saved: it is taken"));
  CHECK(contains(write({{"__metadata__", one}}), "the name '__metadata__' cannot be saved"));
  CHECK(contains(write({{"c", one.to(at::kComplexFloat)}}), "tensor 'c' has a dtype that safetensors files do not"));
  CHECK(contains(write({{"u", at::Tensor()}}), "tensor 'u' to be saved is undefined"));
  CHECK_FALSE(fs::exists(scratch / "x.safetensors"));
}

}  // namespace engram::model::test
