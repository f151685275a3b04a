-- run, exit 3: schedule changes 'late'
local late = 0
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s)
    if s.step > 3 and s.evaluations > 1 and s.steps < 100 then late = late + 1 end
    return 1
  end,
}
