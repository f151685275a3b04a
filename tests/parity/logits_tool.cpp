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
#include "requests.hpp"

namespace {

using namespace engram;
using parity::batch_of;
using parity::rows_of;

constexpr const char* kTask = "task";

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
