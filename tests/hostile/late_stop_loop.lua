-- run, exit 3: stop ran away
return require 'base' {
  checkpoints = { every = 'evaluation' },
  stop = function(h)
    while h.evaluations > 1 and h.steps < 100 do end
  end,
}
