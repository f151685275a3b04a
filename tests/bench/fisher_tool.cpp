// bench_fisher FOLDER REQUEST.json LABELS BATCH_SIZE: squared gradients of every trunk parameter over the request's
// sequences, LABELS exact or given; prints the seconds taken and the sum of all squares. Driven by fisher.py.
#include <ATen/Parallel.h>

#include <chrono>
#include <iostream>

#include "base/json.hpp"
#include "model/folder.hpp"
#include "train/passes.hpp"

namespace {

using namespace engram;

data::Examples examples_of(const Json& request) {
  data::Examples examples{.name = "request", .task = "task"};
  for (const Json& sequence : request.at("ids")) {
    for (const Json& id : sequence) examples.tokens.ids.push_back(id.get<int32_t>());
    examples.tokens.offsets.push_back(static_cast<int64_t>(examples.tokens.ids.size()));
  }
  examples.tokens.type_ids.resize(examples.tokens.ids.size());
  examples.labels = request.at("labels").get<std::vector<int64_t>>();
  return examples;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: bench_fisher FOLDER REQUEST.json exact|given BATCH_SIZE\n";
    return 2;
  }
  at::set_num_threads(2);
  const auto model = model::load_model(argv[1], "task");
  const data::Examples examples = examples_of(read_json(argv[2]));
  train::SquaresRequest request{
      .labels = std::string(argv[3]) == "exact" ? sdk::LabelMode::exact : sdk::LabelMode::given,
      .batch_size = std::stoll(argv[4])};
  for (const sdk::Parameter& parameter : model->view().parameters) {
    if (parameter.role != sdk::Role::head) request.parameters.push_back(parameter.name);
  }
  const std::vector<int64_t> rows = train::choose_rows(examples.size(), 0, 0);
  const auto start = std::chrono::steady_clock::now();
  const train::Squares squares = train::squared_gradients(*model, examples, rows, request);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  double sum = 0;
  for (const auto& [name, tensor] : squares.by_parameter) sum += tensor.sum(at::kDouble).item<double>();
  std::cout << seconds << " " << sum << std::endl;
}
