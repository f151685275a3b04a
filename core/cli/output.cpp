#include "cli/output.hpp"

#include <iostream>

namespace engram::cli {

void print_json(const Json& json) { std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n"; }

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::cerr << "engram: note: " << note << "\n";
}

}  // namespace engram::cli
