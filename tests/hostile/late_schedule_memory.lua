-- run, exit 3: schedule used too much memory
return require 'base' {
  checkpoints = { every = 'evaluation' },
  schedule = function(s)
    local t = {}
    while s.step > 3 and s.evaluations > 1 and s.steps < 100 do t[#t + 1] = {} end
    return 1
  end,
}
