-- run, exit 3: schedule ran away
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s)
    if s.step > 3 and s.evaluations > 1 and s.steps < 100 then string.find(string.rep('a', 30000), '.-.-.-.-b') end
    return 1
  end,
}
