// Labels the rows of a stream, as many at a time as are there, and hands them on in their order.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/row_stream.hpp"
#include "predict/predictor.hpp"
#include "run/labelling.hpp"

namespace engram::run {

// Further columns that are read where a table has them.
inline const std::vector<std::string> kExtraColumns = {"id", "adapter"};
inline constexpr size_t kIdColumn = 0;
inline constexpr size_t kAdapterColumn = 1;

struct LabelledRow {
  data::InputRow row;
  size_t variant = 0;
  predict::Prediction prediction;
};

// Who labels a row.
struct Choice {
  std::optional<size_t> variant;  // who labels rows that have no value there; none: the base, which has no head
  bool rows_choose = true;        // by the column `adapter` where there is one; an empty value: "base"
};

// `use` (--use) names a variant for all rows; without it they may choose among several adapters, and what was opened
// labels where they do not. Throws DataError: no variant of that name.
Choice choice_of(const Labelling& labelling, const std::optional<std::string>& use);

// Calls out(rows) for each piece of the stream, in order; it ends the stream with false. Throws DataError with the
// faults of the piece in which one is found, and where the stream is a file with those of the rest of it (up to 20):
// besides those of next(), names that no variant has, and rows of one text for a model that was trained on pairs or the
// other way about. What came before a piece with faults has been handed on then.
void label_stream(const Labelling& labelling, const Choice& choice, data::RowStream& stream,
                  const std::function<bool(const std::vector<LabelledRow>&)>& out);

}  // namespace engram::run
