// Names of repositories: what is one, and what is left to be a path.
#include "hub/reference.hpp"

#include "hub_support.hpp"

namespace engram::hub::test {

TEST_CASE("org/name, name and either with a revision are references", "[hub]") {
  const auto repository = [](const std::string& text) { return parse_reference(text).value().repository; };
  const auto revision = [](const std::string& text) { return parse_reference(text).value().revision; };
  CHECK(repository("bert-base-uncased") == "bert-base-uncased");
  CHECK(revision("bert-base-uncased") == "main");
  CHECK(repository("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2");
  CHECK(repository("org/name@v1.0") == "org/name");
  CHECK(revision("org/name@v1.0") == "v1.0");
  CHECK(revision("org/name@refs/pr/1") == "refs/pr/1");
  CHECK(revision("name@" + kCommit) == kCommit);
}

TEST_CASE("text that could name no repository is no reference", "[hub]") {
  const std::vector<std::string> paths = {"",           ".",          "..",       "./model",   "../model",  "/models/a",
                                          "a/b/c",      "org/",       "/name",    "org//name", "a b",       "-name",
                                          "name.",      "a--b",       "a..b",     "name.git",  "~/model",   "org/name@",
                                          "org/n@..",   "org/n@../x", "org/n@/x", "org/n@x/",  "org/n@a b", "org/n@.x",
                                          "org/n@a//b", "näme/model", "a\\b"};
  for (const std::string& path : paths) {
    INFO(path);
    CHECK_FALSE(parse_reference(path).has_value());
  }
  CHECK_FALSE(parse_reference(std::string(97, 'a')).has_value());
  CHECK(parse_reference(std::string(96, 'a')).has_value());
}

TEST_CASE("a reference is written as it is read, without main", "[hub]") {
  for (const char* text : {"org/name", "name", "org/name@v1", "org/name@refs/pr/2"}) {
    CHECK(parse_reference(text).value().text() == text);
  }
  CHECK(parse_reference("org/name@main").value().text() == "org/name");
}

TEST_CASE("a name that must be a reference is refused with what is allowed", "[hub]") {
  CHECK(require_reference("org/name").repository == "org/name");
  CHECK(refusal([] { require_reference("../x"); }) ==
        "'../x' names no repository (allowed: org/name, name, or either with @revision (a branch, a tag or a commit); "
        "letters, digits, '-', '_' and '.')\n");
}

TEST_CASE("forty hexadecimal digits are a commit, and nothing else is", "[hub]") {
  CHECK(is_commit(kCommit));
  CHECK_FALSE(is_commit("main"));
  CHECK_FALSE(is_commit(std::string(39, 'a')));
  CHECK_FALSE(is_commit(std::string(40, 'A')));
  CHECK_FALSE(is_commit(std::string(40, 'g')));
}

}  // namespace engram::hub::test
