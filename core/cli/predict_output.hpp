// Labelled rows as text, JSON Lines or CSV.
#pragma once

#include <string>
#include <vector>

#include "run/label_stream.hpp"

namespace engram::cli {

enum class OutputFormat { text, json_lines, csv };
enum class Echo { no, yes };

class PredictOutput {
 public:
  PredictOutput(const run::Labelling& labelling, const run::Choice& choice, const data::RowStream& stream,
                OutputFormat format, Echo echo);

  // Of CSV the names of the columns; else empty. After the stream's first piece was read.
  std::string header() const;
  // A line for each row, with its end.
  std::string lines(const std::vector<run::LabelledRow>& rows) const;

 private:
  std::string text_line(const run::LabelledRow& labelled) const;
  std::string json_line(const run::LabelledRow& labelled) const;
  std::string csv_line(const run::LabelledRow& labelled) const;

  const run::Labelling& labelling_;
  const data::RowStream& stream_;
  OutputFormat format_;
  Echo echo_;
  bool names_variants_;               // several can label
  std::vector<std::string> classes_;  // of all that can label, each name once
};

// Standard output past the streams' buffers, so that a reader that has gone is told apart from a full disk.
// False: nobody reads any more. Throws InternalError (exit 6).
bool write_standard_output(std::string_view bytes);

}  // namespace engram::cli
