#include "setting_value.hpp"

namespace engram::contract {
namespace {

struct ToValue {
  recipe::Value operator()(std::monostate) const { return {}; }
  recipe::Value operator()(bool flag) const { return {.data = flag}; }
  recipe::Value operator()(int64_t whole) const { return {.data = static_cast<double>(whole)}; }
  recipe::Value operator()(double number) const { return {.data = number}; }
  recipe::Value operator()(const std::string& text) const { return {.data = text}; }

  template <class Entry>
  recipe::Value operator()(const std::vector<Entry>& list) const {
    auto table = std::make_shared<recipe::Mixed>();
    for (const Entry& entry : list) table->list.push_back((*this)(entry));
    return {.data = std::move(table)};
  }

  recipe::Value operator()(const std::map<std::string, double>& numbers) const {
    auto table = std::make_shared<recipe::Mixed>();
    for (const auto& [name, number] : numbers) table->table.emplace_back(name, (*this)(number));
    return {.data = std::move(table)};
  }
};

}  // namespace

recipe::Value setting_value(const sdk::Setting& setting) { return std::visit(ToValue{}, setting); }

}  // namespace engram::contract
