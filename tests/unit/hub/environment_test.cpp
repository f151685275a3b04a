// The variables of the Hugging Face tools.
#include "hub/environment.hpp"

#include "hub_support.hpp"

namespace engram::hub::test {
namespace {

const char* const kAll[] = {"HF_HOME",
                            "HF_HUB_CACHE",
                            "HUGGINGFACE_HUB_CACHE",
                            "XDG_CACHE_HOME",
                            "HF_ENDPOINT",
                            "HF_TOKEN",
                            "HF_TOKEN_PATH",
                            "HF_HUB_OFFLINE",
                            "TRANSFORMERS_OFFLINE",
                            "HOME",
                            "HF_HUB_DOWNLOAD_TIMEOUT"};

// None of them is set, and HOME is /h.
struct Bare : Variables {
  Bare() {
    for (const char* name : kAll) set(name, "");
    set("HOME", "/h");
  }
};

}  // namespace

TEST_CASE("the cache is HF_HUB_CACHE, else below HF_HOME, else below the user's caches", "[hub]") {
  Bare variables;
  CHECK(hub_cache() == "/h/.cache/huggingface/hub");
  variables.set("XDG_CACHE_HOME", "/x");
  CHECK(hub_cache() == "/x/huggingface/hub");
  variables.set("HF_HOME", "/f");
  CHECK(hub_cache() == "/f/hub");
  variables.set("HUGGINGFACE_HUB_CACHE", "/old");
  CHECK(hub_cache() == "/old");
  variables.set("HF_HUB_CACHE", "~/c");
  CHECK(hub_cache() == "/h/c");
}

TEST_CASE("the endpoint is the Hub's unless another is named, and an address it must be", "[hub]") {
  Bare variables;
  CHECK(access_from_environment().endpoint == "https://huggingface.co");
  variables.set("HF_ENDPOINT", "http://mirror.example/hf/");
  CHECK(access_from_environment().endpoint == "http://mirror.example/hf");
  variables.set("HF_ENDPOINT", "file:///etc");
  CHECK(refusal([] { access_from_environment(); }) ==
        "HF_ENDPOINT: 'file:///etc' is no address of a hub (allowed: an address that begins with https:// or http://, "
        "such as https://huggingface.co)\n");
}

TEST_CASE("the token is HF_TOKEN, else what lies in its file", "[hub]") {
  const CacheFolder folder;
  Bare variables;
  variables.set("HF_HOME", (folder / "home").string());
  CHECK(access_from_environment().token.empty());
  write_file_atomically(folder / "home/token", "hf_file\n");
  CHECK(access_from_environment().token == "hf_file");
  CHECK(access_from_environment().token_from == (folder / "home/token").string());
  variables.set("HF_TOKEN", "hf_variable");
  CHECK(access_from_environment().token == "hf_variable");
  CHECK(access_from_environment().token_from == "HF_TOKEN");
}

TEST_CASE("a token that would break a header is refused, and not shown", "[hub]") {
  Bare variables;
  variables.set("HF_TOKEN", "hf_secret\r\nX-Evil: 1");
  CHECK(refusal([] { access_from_environment(); }) ==
        "HF_TOKEN: is no token: there are blanks, line ends or other such characters in it (allowed: one word, such as "
        "hf_...)\n");
}

TEST_CASE("either variable forbids the network, in any of the Python tools' words for true", "[hub]") {
  Bare variables;
  CHECK(access_from_environment().offline_by.empty());
  variables.set("TRANSFORMERS_OFFLINE", "yes");
  CHECK(access_from_environment().offline_by == "TRANSFORMERS_OFFLINE");
  variables.set("HF_HUB_OFFLINE", "0");
  CHECK(access_from_environment().offline_by == "TRANSFORMERS_OFFLINE");
  variables.set("HF_HUB_OFFLINE", "1");
  CHECK(access_from_environment().offline_by == "HF_HUB_OFFLINE");
}

TEST_CASE("a silent connection is cut after HF_HUB_DOWNLOAD_TIMEOUT", "[hub]") {
  Bare variables;
  CHECK(access_from_environment().silent_seconds == 30);
  variables.set("HF_HUB_DOWNLOAD_TIMEOUT", "7");
  CHECK(access_from_environment().silent_seconds == 7);
}

}  // namespace engram::hub::test
