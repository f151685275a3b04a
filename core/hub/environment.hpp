// Variables that the Hugging Face tools read, with their meaning there.
#pragma once

#include <filesystem>
#include <string>

namespace engram::hub {

// Empty and absent are the same.
std::string environment(const char* name);

// HF_HOME, else $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface.
std::filesystem::path hub_home();
// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else hub below hub_home().
std::filesystem::path hub_cache();

struct Access {
  std::string endpoint;    // HF_ENDPOINT, else the Hub's; without a slash at the end
  std::string token;       // HF_TOKEN, else the file HF_TOKEN_PATH, else hub_home()/token; empty: none
  std::string token_from;  // where it was found, for messages
  std::string offline_by;  // the variable that forbids the network (HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE); empty: none
  // HF_HUB_DOWNLOAD_TIMEOUT: a connection that stays silent for so long counts as cut.
  long silent_seconds = 30;
};

// Throws DataError: an endpoint that is no http(s) address, a token with blanks or control characters in it.
Access access_from_environment();

}  // namespace engram::hub
