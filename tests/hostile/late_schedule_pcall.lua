-- run, exit 3: schedule ran away
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s)
    while s.step > 3 and s.evaluations > 1 and s.steps < 100 do pcall(function() while true do end end) end
    return 1
  end,
}
