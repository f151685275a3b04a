#include <engram/sdk/strategy.hpp>

namespace engram::sdk {

InitView::~InitView() = default;
StepView::~StepView() = default;
GradView::~GradView() = default;
GradEdit::~GradEdit() = default;
LossView::~LossView() = default;
ForwardView::~ForwardView() = default;
FinishView::~FinishView() = default;
StateWriter::~StateWriter() = default;
StateReader::~StateReader() = default;
Strategy::~Strategy() = default;

void Strategy::initialise(InitView&) {}
void Strategy::begin(const StepView&) {}
void Strategy::on_gradients(const StepView&, const GradView&) {}
void Strategy::on_update(const StepView&) {}
void Strategy::end(const StepView&) {}
void Strategy::save(StateWriter&) const {}
void Strategy::load(const StateReader&) {}

}  // namespace engram::sdk
