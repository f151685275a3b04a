-- run, exit 3: stop failed: stack overflow
return require 'base' {
  checkpoints = { every = 'evaluation' },
  stop = function(h)
    local function f() return 1 + f() end
    if h.evaluations > 1 and h.steps < 100 then f() end
  end,
}
