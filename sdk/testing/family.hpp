// A small random model of each family, and small data in memory for its two tasks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "strategy/resolution.hpp"

namespace engram::contract {

struct Family {
  std::string name;
  // Always the same weights, with the heads of "original" (kept) and "new" (fresh).
  std::unique_ptr<model::Model> (*make)();
};

const std::vector<Family>& families();

// The family's model with other values; `parameters` names every one of them.
std::unique_ptr<model::Model> with_parameters(const Family& family, const std::vector<model::NamedTensor>& parameters);

// Rows whose label can be read off their tokens: 24 of the task "new", 16 of "original".
const data::Examples& new_rows();
const data::Examples& original_rows();

// The data set "original_train", as strategies may name it.
std::vector<strategy::DataFacts> data_facts();

}  // namespace engram::contract
