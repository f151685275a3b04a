// What was written is compared with what it was made from: a wrong base and a transposed delta do not get through.
#include "run/merge_check.hpp"

#include <ATen/core/grad_mode.h>

#include <unistd.h>

#include "base/errors.hpp"
#include "checkpoint/merged_folder.hpp"
#include "model/folder.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

namespace fs = std::filesystem;

constexpr const char* kTask = "wind";
const std::string kQuery0 = "encoder.layer.0.attention.self.query.weight";

fs::path base_folder() { return golden_folder() / "model"; }

// What a merge of this adapter writes from a base, but for what `plant` does to the merged parameters.
std::string checked(const fs::path& wrong_base, const std::function<void(checkpoint::MergedParameters&)>& plant) {
  const auto base = model::load_model(base_folder(), kTask);
  const checkpoint::Adapter adapter =
      checkpoint::read_adapter(fs::path(ENGRAM_SOURCE_DIR) / "tests/golden/peft_adapters/dora", base->view());
  const std::vector<model::Head> heads = {*base->find_head(kTask)};
  run::MergeCheck check{.probes = run::probes_of({golden_examples()}, "the golden's texts"),
                        .dtype = "fp32",
                        .tolerance = run::default_tolerance("fp32")};
  {
    const checkpoint::ScaledAdapter on(*base, adapter, {});
    check.logits = run::probe_logits(*base, heads, check.probes);
  }
  const auto used = model::load_model(wrong_base, kTask);
  checkpoint::MergedFolder merged{
      .base = wrong_base, .parameters = checkpoint::merged_parameters(*used, adapter, {}), .heads = heads};
  plant(merged.parameters);
  const fs::path folder = fs::temp_directory_path() / ("engram_merge_check_" + std::to_string(getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  checkpoint::write_merged_folder(folder, merged);
  try {
    run::check_written(*model::load_model(folder, ""), check, "out/merged");
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

void nothing(checkpoint::MergedParameters&) {}

}  // namespace

TEST_CASE("a merge that computes what the adapter does gets through") {
  CHECK(checked(base_folder(), nothing) == "accepted");
}

TEST_CASE("a transposed delta is refused") {
  const auto base = model::load_model(base_folder(), kTask);
  const at::Tensor weight = base->parameter(kQuery0).detach();
  const std::string refusal = checked(base_folder(), [&](checkpoint::MergedParameters& merged) {
    at::Tensor& value = merged.values.at(kQuery0);
    value = weight + (value - weight).t();
  });
  CHECK_THAT(refusal,
             Catch::Contains("out/merged: the merged model does not compute what it was made from: the largest "
                             "difference of a logit over") &&
                 Catch::Contains("(the golden's texts) is") &&
                 Catch::Contains("and the tolerance 1e-04; nothing was written. Fix: name the base that was "
                                 "trained on with --base"));
}

TEST_CASE("a wrong base is refused") {
  const fs::path folder = fs::temp_directory_path() / ("engram_wrong_base_" + std::to_string(getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto base = model::load_model(base_folder(), kTask);
  at::manual_seed(3);
  const std::string key = "encoder.layer.1.attention.self.key.weight";  // not one that the adapter changes
  const at::Tensor other = base->parameter(key).detach() + at::randn_like(base->parameter(key)).detach().mul(0.1);
  model::save_model(*base, kTask, base_folder(), folder, {{key, other}});
  CHECK_THAT(checked(folder, nothing), Catch::Contains("does not compute what it was made from"));
}

TEST_CASE("a difference that is no number is refused") {
  const std::string refusal = checked(base_folder(), [](checkpoint::MergedParameters& merged) {
    merged.values.at(kQuery0).mul_(1e30);  // finite weights whose attention scores are not
  });
  CHECK_THAT(refusal, Catch::Contains("does not compute what it was made from"));
}

TEST_CASE("probes are spread evenly over a set, and sets are not mixed up") {
  const data::Examples all = golden_examples();
  const run::Probes probes = run::probes_of({all, all}, "twice");
  CHECK(probes.count() == 2 * std::min<int64_t>(all.size(), run::kProbesOfSet));
  CHECK(probes.texts[0].tokens.ids == probes.texts[1].tokens.ids);
}
