-- run, exit 3: score ran away
return require 'base' {
  checkpoints = { every = 'evaluation' },
  score = function(m)
    while m.new.loss ~= m.baseline.new.loss and m.new.accuracy * 32 == math.floor(m.new.accuracy * 32) do end
    return 1
  end,
}
