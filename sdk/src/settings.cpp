#include <engram/sdk/settings.hpp>

#include <utility>

#include <engram/sdk/error.hpp>

namespace engram::sdk {
namespace {

const Setting& find(const std::map<std::string, Setting>& values, const std::string& name) {
  const auto found = values.find(name);
  if (found == values.end()) throw Error("the strategy reads the setting '" + name + "', which it never declared");
  return found->second;
}

template <class T>
const T& get(const std::map<std::string, Setting>& values, const std::string& name, const char* kind) {
  const T* value = std::get_if<T>(&find(values, name));
  if (value == nullptr)
    throw Error("the strategy reads the setting '" + name + "' as " + kind + ", declared otherwise");
  return *value;
}

ParameterSpec make(std::string name, SettingKind kind, Setting fallback) {
  ParameterSpec spec;
  spec.name = std::move(name);
  spec.kind = kind;
  spec.fallback = std::move(fallback);
  return spec;
}

}  // namespace

ParameterSpec& ParameterSpec::range(double from, double to) {
  least = from;
  most = to;
  open_below = open_above = false;
  return *this;
}

ParameterSpec& ParameterSpec::above(double bound) {
  least = bound;
  open_below = true;
  return *this;
}

ParameterSpec& ParameterSpec::below(double bound) {
  most = bound;
  open_above = true;
  return *this;
}

ParameterSpec& ParameterSpec::one_of(std::vector<std::string> values) {
  choices = std::move(values);
  return *this;
}

ParameterSpec& ParameterSpec::optional() {
  presence = Presence::optional;
  fallback = std::monostate{};
  return *this;
}

ParameterSpec& ParameterSpec::required() {
  presence = Presence::required;
  fallback = std::monostate{};
  return *this;
}

ParameterSpec& ParameterSpec::doc(std::string sentence) {
  text = std::move(sentence);
  return *this;
}

ParameterSpec boolean(std::string name, bool fallback) { return make(std::move(name), SettingKind::boolean, fallback); }

ParameterSpec integer(std::string name, int64_t fallback) {
  return make(std::move(name), SettingKind::integer, fallback);
}

ParameterSpec number(std::string name, double fallback) { return make(std::move(name), SettingKind::number, fallback); }

ParameterSpec string(std::string name, std::string fallback) {
  return make(std::move(name), SettingKind::string, std::move(fallback));
}

ParameterSpec strings(std::string name, std::vector<std::string> fallback) {
  return make(std::move(name), SettingKind::strings, std::move(fallback));
}

ParameterSpec integers(std::string name, std::vector<int64_t> fallback) {
  return make(std::move(name), SettingKind::integers, std::move(fallback));
}

ParameterSpec numbers(std::string name, std::vector<double> fallback) {
  return make(std::move(name), SettingKind::numbers, std::move(fallback));
}

ParameterSpec numbers_by_name(std::string name, std::map<std::string, double> fallback) {
  return make(std::move(name), SettingKind::numbers_by_name, std::move(fallback));
}

bool Settings::has(const std::string& name) const {
  return !std::holds_alternative<std::monostate>(find(values_, name));
}

bool Settings::boolean(const std::string& name) const { return get<bool>(values_, name, "a boolean"); }
int64_t Settings::integer(const std::string& name) const { return get<int64_t>(values_, name, "an integer"); }
double Settings::number(const std::string& name) const { return get<double>(values_, name, "a number"); }

const std::string& Settings::string(const std::string& name) const {
  return get<std::string>(values_, name, "a string");
}

const std::vector<int64_t>& Settings::integers(const std::string& name) const {
  return get<std::vector<int64_t>>(values_, name, "a list of whole numbers");
}

const std::vector<double>& Settings::numbers(const std::string& name) const {
  return get<std::vector<double>>(values_, name, "a list of numbers");
}

const std::map<std::string, double>& Settings::numbers_by_name(const std::string& name) const {
  return get<std::map<std::string, double>>(values_, name, "numbers by name");
}

const Setting& Settings::setting(const std::string& name) const { return find(values_, name); }

std::vector<std::string> Settings::strings(const std::string& name) const {
  const Setting& value = find(values_, name);
  if (const auto* one = std::get_if<std::string>(&value)) return {*one};
  return get<std::vector<std::string>>(values_, name, "a list of strings");
}

}  // namespace engram::sdk
