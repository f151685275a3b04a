-- run, exit 3: schedule returned the factor nan
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s) return s.step > 3 and s.evaluations > 1 and s.steps < 100 and 0 / 0 or 1 end,
}
