// parity_logits: what tests/parity/logits.py asks of the model room.
//   parity_logits logits FOLDER REQUEST.json   prints {"logits": [[...], ...], "hidden": [...]}
//   parity_logits resave FOLDER OUT            loads the folder and writes it back, with a second head beside the first
// REQUEST.json: {"ids": [[...], ...], "types": [[...], ...]}, one list a sequence.
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <iostream>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "model/folder.hpp"

namespace {

using namespace engram;

constexpr const char* kTask = "task";

data::Batch batch_of(const Json& request) {
  std::vector<int64_t> ids;
  std::vector<int64_t> types;
  std::vector<int64_t> positions;
  data::Batch batch{.offsets = {0}};
  for (size_t b = 0; b < request.at("ids").size(); ++b) {
    const auto sequence = request.at("ids")[b].get<std::vector<int64_t>>();
    const auto sequence_types = request.at("types")[b].get<std::vector<int64_t>>();
    ids.insert(ids.end(), sequence.begin(), sequence.end());
    types.insert(types.end(), sequence_types.begin(), sequence_types.end());
    for (size_t i = 0; i < sequence.size(); ++i) positions.push_back(static_cast<int64_t>(i));
    batch.offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  batch.input_ids_T = at::tensor(ids, at::kLong);
  batch.token_type_ids_T = at::tensor(types, at::kLong);
  batch.position_ids_T = at::tensor(positions, at::kLong);
  return batch;
}

Json rows_of(const at::Tensor& matrix) {
  Json rows = Json::array();
  const at::Tensor contiguous = matrix.to(at::kDouble).contiguous();
  for (int64_t i = 0; i < contiguous.size(0); ++i) {
    const double* row = contiguous.const_data_ptr<double>() + i * contiguous.size(1);
    rows.push_back(std::vector<double>(row, row + contiguous.size(1)));
  }
  return rows;
}

void print_logits(const std::string& folder, const std::string& request_file) {
  const c10::NoGradGuard no_grad;
  const data::Batch batch = batch_of(read_json(request_file));
  const auto model = model::load_model(folder, kTask);
  Json answer;
  answer["logits"] = rows_of(model->logits(batch, kTask, {}));
  answer["hidden"] = rows_of(model->encode(batch, {}));
  std::cout << answer.dump() << "\n";
}

void resave(const std::string& folder, const std::string& out) {
  const auto model = model::load_model(folder, kTask);
  model->add_fresh_head("other task", {"yes", "no"}, at::make_generator<at::CPUGeneratorImpl>(1));
  model::save_model(*model, kTask, folder, out);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 3 && arguments[0] == "logits") return print_logits(arguments[1], arguments[2]), 0;
    if (arguments.size() == 3 && arguments[0] == "resave") return resave(arguments[1], arguments[2]), 0;
    std::cerr << "usage: parity_logits logits FOLDER REQUEST.json | resave FOLDER OUT\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
