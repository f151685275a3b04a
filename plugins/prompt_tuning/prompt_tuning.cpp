// Prompt tuning: trained vectors before the word embeddings. Lester et al. 2021, arXiv 2104.08691. README.md.
#include <engram/sdk.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

namespace {

namespace sdk = engram::sdk;

constexpr const char* kPrompt = "prompt";

class PromptTuning final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "prompt_tuning";

  static sdk::Schema schema() {
    return {
        "Trains vectors that stand before the word embeddings of every text.",
        {sdk::integer("tokens", 20).range(1, 512).doc("Soft tokens; texts can be so many tokens shorter."),
         sdk::string("init", "random")
             .one_of({"random", "vocabulary", "text"})
             .doc("First values: random, word embeddings of random tokens, or those of a text."),
         sdk::number("scale", 1).range(0, 10).doc("Standard deviation of random first values."),
         sdk::string("init_text", "").optional().doc("For init = \"text\": cut or repeated to the number of tokens.")}};
  }

  explicit PromptTuning(const sdk::Settings& settings)
      : tokens_(settings.integer("tokens")), init_(settings.string("init")), scale_(settings.number("scale")) {
    const bool text = init_ == "text";
    if (text != settings.has("init_text")) {
      throw sdk::Error(text ? "init = \"text\" needs a text, and init_text is not given"
                            : "init_text is given, and init = \"" + init_ + "\" does not read it",
                       text ? "say what the task is: init_text = \"...\"" : "choose init = \"text\", or leave it out");
    }
    if (text) text_ = settings.string("init_text");
  }

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    plan.tensor(kPrompt, {tokens_, model.hidden}, note());
    plan.prompt({tokens_, [](const sdk::TensorByName& tensor) { return tensor(kPrompt); }});
    plan.note(std::to_string(tokens_) + " soft tokens, first " + note());
  }

  void initialise(sdk::InitView& init) override {
    const at::Tensor prompt = init.tensor(kPrompt);
    if (init_ == "random") return sdk::fill_normal(prompt, 0, scale_, init.generator());
    const std::vector<int64_t> ids = init_ == "text" ? text_ids(init) : random_ids(init);
    const at::Tensor words = init.parameter(word_table(init.model()));
    prompt.copy_(at::index_select(words, 0, at::tensor(ids).to(words.device())));
  }

 private:
  // As in PEFT: special tokens count, a long text is cut and a short one repeated.
  std::vector<int64_t> text_ids(const sdk::InitView& init) const {
    const std::vector<int64_t> text = init.tokenize(text_);
    if (text.empty()) throw sdk::Error("init_text = \"" + text_ + "\" has no tokens", "give a text with words");
    std::vector<int64_t> ids;
    for (size_t i = 0; i < static_cast<size_t>(tokens_); ++i) ids.push_back(text[i % text.size()]);
    return ids;
  }

  std::vector<int64_t> random_ids(const sdk::InitView& init) const {
    const int64_t vocabulary = init.model().vocabulary;
    const at::Tensor draws = at::empty({tokens_}, at::kFloat);
    sdk::fill_uniform(draws, 0, static_cast<double>(vocabulary), init.generator());
    std::vector<int64_t> ids;
    for (int64_t i = 0; i < tokens_; ++i) {
      // The draw is below the bound, and as fp32 may have been rounded up to it.
      ids.push_back(std::min(static_cast<int64_t>(std::floor(draws.const_data_ptr<float>()[i])), vocabulary - 1));
    }
    return ids;
  }

  static std::string word_table(const sdk::ModelView& model) {
    for (const sdk::EmbeddingSite& site : model.embedding_sites) {
      if (site.vocabulary == model.vocabulary) return site.name + ".weight";
    }
    throw sdk::Error("the model names no table of word embeddings", "choose init = \"random\"");
  }

  std::string note() const {
    if (init_ == "vocabulary") return "word embeddings of random tokens";
    if (init_ == "text") return "word embeddings of \"" + text_ + "\"";
    std::string deviation = std::to_string(scale_);
    deviation.erase(deviation.find_last_not_of('0') + 1);
    if (deviation.back() == '.') deviation.pop_back();
    return "N(0, " + deviation + "^2)";
  }

  int64_t tokens_;
  std::string init_;
  double scale_;
  std::string text_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<PromptTuning>(); }
