#include "report/csv.hpp"

#include "base/text.hpp"

namespace engram::report {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + text::replaced(text, "\"", "\"\"") + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::vector<std::string> quoted;
  for (const std::string& field : fields) quoted.push_back(csv_field(field));
  return text::join(quoted, ",");
}

}  // namespace engram::report
