#include "report/style.hpp"

#include <cstdlib>

#include "report/format.hpp"
#include "support/catch.hpp"

namespace engram::report {
namespace {

// Sets one variable of the environment for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value, 1);
  }
  ~Variable() { ::setenv(name_, old_.c_str(), 1); }

 private:
  const char* name_;
  std::string old_;
};

TEST_CASE("the locale decides about characters beyond ASCII, LC_ALL before LC_CTYPE before LANG") {
  const Variable lang("LANG", "C.UTF-8"), type("LC_CTYPE", ""), all("LC_ALL", "");
  CHECK(detect_style(Mode::normal).unicode);
  {
    const Variable override_type("LC_CTYPE", "C");
    CHECK_FALSE(detect_style(Mode::normal).unicode);
    const Variable override_all("LC_ALL", "en_US.utf8");
    CHECK(detect_style(Mode::normal).unicode);
  }
}

TEST_CASE("text is measured, padded and cut by characters, not bytes") {
  CHECK(columns("\u2501\u2501a") == 3);
  CHECK(pad_right("\u00e9", 3) == "\u00e9  ");
  CHECK(pad_left("ab", 4) == "  ab");
  CHECK(pad_left("abcde", 4) == "abcde");
  CHECK(cut("\u00e9\u00e9\u00e9\u00e9\u00e9", 4) == "\u00e9...");
  CHECK(cut("abcd", 4) == "abcd");
}

TEST_CASE("lines are broken at blanks and indented, and a long word stays whole") {
  CHECK(wrap("one two three", 7, 2) == "one two\n  three");
  CHECK(wrap("incomprehensibilities it is", 5, 0) == "incomprehensibilities\nit is");
  CHECK(wrap("", 5, 0).empty());
}

TEST_CASE("a change that prints as zero has no sign and no colour") {
  CHECK(change_text(Unit::share, -0.0001) == "0.0");
  CHECK(change_colour({.unit = Unit::share}, -0.0001) == Colour::none);
  CHECK(change_text(Unit::nats, 0.00004) == "0.0000");
  CHECK(change_text(Unit::share, 0.0006) == "+0.1");
  CHECK(change_colour({.unit = Unit::nats}, 0.1) == Colour::bad);
  CHECK(change_colour({.unit = Unit::share}, 0.1) == Colour::good);
}

TEST_CASE("a recipe's own metric says which change is good") {
  EvaluationRow own{.metric = "recall", .unit = Unit::plain, .better = Better::larger};
  CHECK(change_colour(own, 0.1) == Colour::good);
  CHECK(change_colour(own, 0.0001) == Colour::none);
  own.better = Better::smaller;
  CHECK(change_colour(own, 0.1) == Colour::bad);
}

TEST_CASE("measures have names for people") {
  CHECK(metric_label("macro_f1") == "macro F1");
  CHECK(metric_label("kl") == "KL");
  CHECK(metric_label("pair_accuracy") == "pair accuracy");
  CHECK(rate_text(0.00018) == "1.8e-04");
  CHECK(share_of_parameters(147456, 22860672) == "147,456 of 22,860,672 parameters (0.65 %)");
  CHECK(share_of_parameters(5, 5) == "5 of 5 parameters (100.0 %)");
}

}  // namespace
}  // namespace engram::report
