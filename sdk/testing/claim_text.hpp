// A claim as one line of text that holds all of it but its functions: equal claims give equal texts.
#pragma once

#include <engram/sdk/plan.hpp>

#include <string>
#include <vector>

namespace engram::contract {

std::string claim_text(const sdk::Claim& claim);

// Every claim and note of a plan, in order.
std::vector<std::string> plan_lines(const sdk::Plan& plan);

}  // namespace engram::contract
