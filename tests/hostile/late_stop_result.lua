-- run, exit 3: stop returned cut = 2
return require 'base' {
  checkpoints = { every = 'evaluation' },
  stop = function(h)
    return h.evaluations > 1 and h.steps < 100 and { rollback = true, reason = 'odd', cut = 2 }
  end,
}
