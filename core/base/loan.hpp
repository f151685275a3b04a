// What is lent for one call.
#pragma once

namespace engram {

// Closes a view when the call is over, however it ends.
template <class View>
class Loan {
 public:
  explicit Loan(View& view) : view_(view) {}
  ~Loan() { view_.close(); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  View& view_;
};

}  // namespace engram
