-- run, exit 3: s.state.f is a function, which a checkpoint cannot keep
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s)
    if s.step > 3 and s.evaluations > 1 and s.steps < 100 then s.state.f = print end
    return 1
  end,
}
