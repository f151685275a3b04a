-- run, exit 3: is required while the run is on
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s)
    if s.step > 3 and s.evaluations > 1 and s.steps < 100 then require 'helper' end
    return 1
  end,
}
