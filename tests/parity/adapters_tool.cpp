// parity_adapters: what tests/parity/adapters.py and weights.py ask of the model and checkpoint rooms.
//   parity_adapters logits BASE ADAPTER REQUEST.json   prints [[...], ...]: the base's head where the adapter has none
//   parity_adapters logits BASE "" REQUEST.json        the same of the base alone
//   parity_adapters resave BASE ADAPTER OUT            reads the adapter and writes it again
//   parity_adapters hash FOLDER                        prints the hash of a model folder's tensors
// REQUEST.json: requests.hpp.
#include <c10/core/GradMode.h>

#include <iostream>

#include "base/errors.hpp"
#include "checkpoint/adapter.hpp"
#include "model/folder.hpp"
#include "model/tensors_hash.hpp"
#include "requests.hpp"

namespace {

using namespace engram;

constexpr const char* kTask = "task";

void print_logits(const std::string& base, const std::string& folder, const std::string& request_file) {
  const c10::NoGradGuard no_grad;
  const data::Batch batch = parity::batch_of(read_json(request_file));
  const auto model = model::load_model(base, kTask);
  const auto print = [&] { std::cout << parity::rows_of(model->logits(batch, kTask, {})).dump() << "\n"; };
  if (folder.empty()) return print();
  const checkpoint::Adapter adapter = checkpoint::read_adapter(folder, model->view());
  model::Head head = *model->find_head(kTask);
  if (adapter.head_weight.defined()) head = {kTask, head.labels, adapter.head_weight, adapter.head_bias};
  const checkpoint::Attached attached(*model, adapter, head);
  print();
}

void resave(const std::string& base, const std::string& folder, const std::string& out) {
  const sdk::ModelView view = model::inspect_folder(base).view;
  checkpoint::write_adapter(out, checkpoint::read_adapter(folder, view), view);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 4 && arguments[0] == "logits") {
      return print_logits(arguments[1], arguments[2], arguments[3]), 0;
    }
    if (arguments.size() == 4 && arguments[0] == "resave") return resave(arguments[1], arguments[2], arguments[3]), 0;
    if (arguments.size() == 2 && arguments[0] == "hash")
      return std::cout << model::tensors_hash(arguments[1]) << "\n", 0;
    std::cerr << "usage: parity_adapters logits BASE ADAPTER REQUEST.json | resave BASE ADAPTER OUT | hash FOLDER\n";
    return 2;
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
