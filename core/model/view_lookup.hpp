// Finding a view's entries by name; nullptr when there is none.
#pragma once

#include <string>

#include "engram/sdk/model_view.hpp"

namespace engram::model {

const sdk::Parameter* parameter_named(const sdk::ModelView& view, const std::string& name);
const sdk::LinearSite* linear_site_named(const sdk::ModelView& view, const std::string& name);

}  // namespace engram::model
