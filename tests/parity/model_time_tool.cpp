// parity_model_time FOLDER REQUEST.json DROPOUT: waits for lines on standard input; for each it runs one forward and
// backward pass of every parameter and prints the seconds taken. Driven by model_time.py.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <iostream>

#include "base/json.hpp"
#include "model/folder.hpp"

namespace {

using namespace engram;

data::Batch batch_of(const Json& request) {
  std::vector<int64_t> ids;
  std::vector<int64_t> positions;
  data::Batch batch{.offsets = {0}};
  for (const Json& sequence : request.at("ids")) {
    for (size_t i = 0; i < sequence.size(); ++i) {
      ids.push_back(sequence[i].get<int64_t>());
      positions.push_back(static_cast<int64_t>(i));
    }
    batch.offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  batch.input_ids_T = at::tensor(ids, at::kLong);
  batch.token_type_ids_T = at::zeros_like(batch.input_ids_T);
  batch.position_ids_T = at::tensor(positions, at::kLong);
  return batch;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: parity_model_time FOLDER REQUEST.json DROPOUT\n";
    return 2;
  }
  at::set_num_threads(2);
  const auto model = model::load_model(argv[1], "task");
  model->set_dropout(std::stod(argv[3]));
  for (const model::NamedTensor& named : model->parameters()) named.tensor.requires_grad_(true);
  const data::Batch batch = batch_of(read_json(argv[2]));
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
  for (std::string line; std::getline(std::cin, line);) {
    for (const model::NamedTensor& named : model->parameters()) named.tensor.mutable_grad().reset();
    const auto start = std::chrono::steady_clock::now();
    const model::Pass pass{.training = true, .dropout_generator = generator};
    model->logits(batch, "task", pass).square().mean().backward();
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << std::endl;
  }
}
