#include "run/labelling.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::run {
namespace {

struct Variants {
  std::vector<predict::Variant> list;
  std::vector<predict::Input> inputs;
  std::vector<bool> input_known;
  std::vector<bool> forced;
  std::vector<std::pair<std::string, std::string>> notes;  // a variant's name, what is to be known of it

  void add(const std::string& name, Trained trained, model::Model& model);
};

// The adapter's tensors live as long as the variant does.
void Variants::add(const std::string& name, Trained trained, model::Model& model) {
  inputs.push_back(trained.input);
  input_known.push_back(trained.provenance.has_value());
  forced.push_back(trained.forced);
  const std::string place = trained.adapter ? trained.adapter->folder.string() + ": " : "";
  for (const std::string& note : trained.notes) {
    notes.emplace_back(name, note.starts_with(place) ? note.substr(place.size()) : note);
  }
  predict::Variant variant{
      .name = name, .task = trained.head.task, .labels = trained.head.labels, .max_length = trained.max_length};
  if (trained.adapter) {
    const auto adapter = std::make_shared<const checkpoint::Adapter>(*std::move(trained.adapter));
    variant.under = [adapter, head = std::move(trained.head), &model](const std::function<void()>& work) {
      const checkpoint::Attached attached(model, *adapter, head);
      work();
    };
  }
  list.push_back(std::move(variant));
}

// One note for all of which the same is to be known.
std::vector<std::string> gathered(const std::vector<std::pair<std::string, std::string>>& notes) {
  constexpr size_t kNamed = 4;
  std::vector<std::pair<std::string, std::vector<std::string>>> names_by_note;
  for (const auto& [name, note] : notes) {
    const auto known = std::find_if(names_by_note.begin(), names_by_note.end(),
                                    [&note = note](const auto& entry) { return entry.first == note; });
    if (known == names_by_note.end()) {
      names_by_note.push_back({note, {name}});
    } else {
      known->second.push_back(name);
    }
  }
  std::vector<std::string> lines;
  for (auto& [note, names] : names_by_note) {
    const size_t all = names.size();
    if (all > kNamed) {
      names.resize(kNamed - 1);
      names.push_back(std::to_string(all - names.size()) + " more");
    }
    lines.push_back((all > 1 ? "each of " : "") + text::join(names, ", ") + ": " + note);
  }
  return lines;
}

void add_adapters(Opened& opened, const std::vector<NamedAdapter>& adapters, OtherBase other_base, Variants& variants) {
  Faults faults;
  for (const NamedAdapter& adapter : adapters) {
    bool taken = adapter.name == kBaseName;
    for (const predict::Variant& other : variants.list) taken = taken || other.name == adapter.name;
    if (taken) {
      faults.add({.what = "the name '" + adapter.name + "' is taken",
                  .where = "--adapter " + adapter.name + "=" + adapter.path,
                  .fix = "give every adapter a name of its own; 'base' is the model without any, and PATH has the last "
                         "part of its folder's name"});
      continue;
    }
    try {
      variants.add(adapter.name, open_adapter(opened, adapter.path, other_base), *opened.model);
    } catch (const DataError& error) {
      faults.add(error.faults());
    }
  }
  faults.raise<DataError>();
}

}  // namespace

Labelling labelling(Opened opened, const std::vector<NamedAdapter>& adapters, OtherBase other_base,
                    predict::BatchLimits limits) {
  Variants variants;
  if (!opened.model->heads().empty()) {
    variants.add(kBaseName, opened.trained.adapter ? base_alone(opened) : opened.trained, *opened.model);
  }
  std::optional<size_t> itself;
  if (!variants.list.empty()) itself = 0;
  if (opened.trained.adapter) {
    itself = variants.list.size();
    const bool ambiguous = opened.name == kBaseName;
    const std::string name = ambiguous ? opened.trained.adapter->folder.string() : opened.name;
    variants.add(name, std::move(opened.trained), *opened.model);
  }
  add_adapters(opened, adapters, other_base, variants);
  if (variants.list.empty()) (void)base_alone(opened);  // which says what is missing
  return {.predictor = predict::Predictor(std::move(opened.model), data::Tokenizer(opened.base.tokenizer_file),
                                          std::move(variants.list), limits),
          .opened = itself,
          .adapters = adapters.size(),
          .inputs = std::move(variants.inputs),
          .input_known = std::move(variants.input_known),
          .forced = std::move(variants.forced),
          .notes = gathered(variants.notes)};
}

}  // namespace engram::run
