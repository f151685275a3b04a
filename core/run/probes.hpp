// Texts on which two forms of one model are compared, number by number.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "predict/predictor.hpp"

namespace engram::run {

struct Probes {
  std::vector<data::Examples> texts;  // labels are not read
  std::string origin;                 // "the evaluation texts of the run", "probe.txt", "engram's own sentences"

  int64_t count() const;
};

// Of each set so many rows at most, evenly spread over it.
constexpr int64_t kProbesOfSet = 256;
Probes probes_of(const std::vector<data::Examples>& sets, const std::string& origin);
// One text a line, or two separated by a TAB for a model of pairs. Throws DataError (file, line); empty lines are
// skipped.
Probes probes_from(const std::filesystem::path& file, predict::Input input, const data::Tokenizer& tokenizer,
                   int64_t max_length);
// A few neutral sentences, for a model of which nothing else is at hand.
Probes own_probes(const data::Tokenizer& tokenizer, int64_t max_length);

// Logits of every head on every probe, (probes, classes) by task, fp32, CPU. `heads` need not be the model's.
std::map<std::string, at::Tensor> probe_logits(const model::Model& model, const std::vector<model::Head>& heads,
                                               const Probes& probes);
// The largest |a - b| over all heads. Throws InternalError when they are not of the same tasks and shapes.
double largest_difference(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b);

}  // namespace engram::run
