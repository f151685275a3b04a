// Parameters of a strategy: declared once, then checked, documented and handed over by the host.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <engram/sdk/export.hpp>

namespace engram::sdk {

// A setting's value; std::monostate: an optional one that was not given. Where a list of strings is declared, a recipe
// may write one string; the value is then that string.
using Setting = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>,
                             std::vector<int64_t>, std::vector<double>, std::map<std::string, double>>;

enum class SettingKind { boolean, integer, number, string, strings, integers, numbers, numbers_by_name };

// Whether a recipe may leave a parameter out.
enum class Presence { defaulted, optional, required };

// One declared parameter: integer("rank", 8).range(1, 512).doc("...").
struct ENGRAM_SDK_EXPORT ParameterSpec {
  std::string name;
  SettingKind kind = SettingKind::number;
  Setting fallback;  // std::monostate unless the presence is `defaulted`
  Presence presence = Presence::defaulted;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open_below = false;                // `least` itself is not allowed
  bool open_above = false;                // `most` itself is not allowed
  std::vector<std::string> choices = {};  // for strings: the allowed values; empty: any
  std::string text = {};

  ParameterSpec& range(double from, double to);  // of a number, or of each number of a list or table
  ParameterSpec& above(double bound);            // greater than, exclusive
  ParameterSpec& below(double bound);            // less than, exclusive
  ParameterSpec& one_of(std::vector<std::string> values);
  ParameterSpec& optional();  // left out: Settings::has() is false
  ParameterSpec& required();  // left out: the recipe is refused
  ParameterSpec& doc(std::string sentence);
};

ENGRAM_SDK_EXPORT ParameterSpec boolean(std::string name, bool fallback);
ENGRAM_SDK_EXPORT ParameterSpec integer(std::string name, int64_t fallback);
ENGRAM_SDK_EXPORT ParameterSpec number(std::string name, double fallback);
ENGRAM_SDK_EXPORT ParameterSpec string(std::string name, std::string fallback);
ENGRAM_SDK_EXPORT ParameterSpec strings(std::string name, std::vector<std::string> fallback);
ENGRAM_SDK_EXPORT ParameterSpec integers(std::string name, std::vector<int64_t> fallback);
ENGRAM_SDK_EXPORT ParameterSpec numbers(std::string name, std::vector<double> fallback);
// { ["query"] = 16, ["output.dense"] = 4 }
ENGRAM_SDK_EXPORT ParameterSpec numbers_by_name(std::string name, std::map<std::string, double> fallback);

// Checked values by name. Asking for a name that was not declared throws sdk::Error.
class ENGRAM_SDK_EXPORT Settings {
 public:
  Settings() = default;
  explicit Settings(std::map<std::string, Setting> values) : values_(std::move(values)) {}

  bool has(const std::string& name) const;  // false: optional and not given
  bool boolean(const std::string& name) const;
  int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  const std::string& string(const std::string& name) const;
  // A single string comes as a list of one; setting() tells the two apart.
  std::vector<std::string> strings(const std::string& name) const;
  const std::vector<int64_t>& integers(const std::string& name) const;
  const std::vector<double>& numbers(const std::string& name) const;
  const std::map<std::string, double>& numbers_by_name(const std::string& name) const;
  const Setting& setting(const std::string& name) const;
  const std::map<std::string, Setting>& values() const { return values_; }

 private:
  std::map<std::string, Setting> values_;
};

}  // namespace engram::sdk
