#include "train/spike_watch.hpp"

#include <limits>

#include "base/errors.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Watched {
 public:
  explicit Watched(at::Device device, int64_t window = 3)
      : device_(device), watch({.factor = 2, .window = window}, device) {}

  bool spike(double loss, double norm) {
    last = watch.judge(scalar(loss), scalar(norm));
    return last.is_spike.item<double>() != 0;
  }

  train::SpikeVerdict last;

 private:
  at::Tensor scalar(double value) const { return at::full({}, value, at::TensorOptions(device_).dtype(at::kFloat)); }

  at::Device device_;

 public:
  train::SpikeWatch watch;
};

}  // namespace

TEST_CASE("a step is a spike above so many times the mean of the window, once that is full") {
  for (const at::Device device : tests::devices()) {
    Watched watched(device);
    CHECK_FALSE(watched.spike(1, 1));
    CHECK_FALSE(watched.spike(1, 100));  // the window is not full
    CHECK(watched.last.norm_limit.item<double>() == kInfinity);
    CHECK_FALSE(watched.spike(1, 1));
    CHECK_FALSE(watched.spike(1, 68));  // 2 * (1 + 100 + 1) / 3
    CHECK(watched.last.norm_limit.item<double>() == Approx(68));
    // 1 has left the window, and 100, 1, 68 are in it.
    CHECK_FALSE(watched.spike(1, 112));
    CHECK(watched.spike(1, 122));  // 2 * (1 + 68 + 112) / 3 = 120.7
    CHECK(watched.spike(2.1, 1));  // by its loss
    CHECK(watched.last.loss_limit.item<double>() == Approx(2));
  }
}

TEST_CASE("a spike does not enter the window") {
  Watched watched(at::kCPU, 2);
  watched.spike(1, 1);
  watched.spike(1, 1);
  for (int i = 0; i < 5; ++i) CHECK(watched.spike(1, 3));
  CHECK(watched.last.norm_limit.item<double>() == Approx(2));
}

TEST_CASE("what is not finite is a spike from the first step on") {
  for (const at::Device device : tests::devices()) {
    Watched watched(device);
    CHECK(watched.spike(kNan, 1));
    CHECK(watched.spike(1, kInfinity));
    CHECK(watched.spike(1, kNan));
    CHECK_FALSE(watched.spike(1, 1));
  }
}

TEST_CASE("a window that was saved judges as the one it was saved from") {
  Watched straight(at::kCPU), saved(at::kCPU);
  for (Watched* watched : {&straight, &saved}) {
    watched->spike(1, 5);
    watched->spike(1, 7);
  }
  std::vector<model::NamedTensor> state;
  for (const model::NamedTensor& entry : saved.watch.state()) state.push_back({entry.name, entry.tensor.clone()});
  Watched resumed(at::kCPU);
  resumed.watch.restore(state);
  for (const double norm : {6.0, 13.0, 17.0, 40.0, 9.0}) {
    CHECK(straight.spike(1, norm) == resumed.spike(1, norm));
    CHECK(at::equal(straight.last.norm_limit, resumed.last.norm_limit));
  }
  Watched other(at::kCPU, 4);
  CHECK_THROWS_WITH(other.watch.restore(state),
                    "the training state holds another window of spikes than train.spikes.window");
}
