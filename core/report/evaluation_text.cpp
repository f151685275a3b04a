#include "base/text.hpp"
#include "report/format.hpp"
#include "report/run_text.hpp"

namespace engram::report {
namespace {

std::string title(const EvaluationView& evaluation) {
  if (evaluation.kind == EvaluationKind::baseline) return "the untouched model";
  if (evaluation.kind == EvaluationKind::candidate) return "after training, " + evaluation.label;
  if (evaluation.step == 0) return "step 0, before the first update";
  return "step " + std::to_string(evaluation.step) + " of " + std::to_string(evaluation.steps) + ", epoch " +
         text::fixed(evaluation.epoch, 2);
}

std::string best_mark(const Style& style) { return style.unicode ? "  \u2605 best" : "  * best"; }

}  // namespace

std::string evaluation_text(const EvaluationView& evaluation, const Style& style) {
  const std::string left = title(evaluation);
  const std::string score = evaluation.score ? "score " + text::fixed(*evaluation.score, 4) : "";
  const std::string best = evaluation.best && evaluation.score ? best_mark(style) : "";
  const size_t used = 2 + columns(left) + columns(score) + columns(best);
  const size_t width = static_cast<size_t>(style.width);
  const std::string gap(used + 2 < width ? width - used : 2, ' ');
  const TableColumns shown = evaluation.kind == EvaluationKind::baseline ? TableColumns::baseline : TableColumns::all;
  const std::string heading = score.empty() ? "" : gap + score + style.paint(Colour::good, best);
  std::vector<EvaluationRow> rows = evaluation.rows;
  std::erase_if(rows, [](const EvaluationRow& row) { return row.detail; });
  return "  " + style.paint(Colour::strong, left) + heading + "\n" + evaluation_table(rows, shown, style) + "\n";
}

}  // namespace engram::report
