-- run, nothing saved, exit 3: metric 'own' of 'new' returned nan
return require 'base' {
  metrics = { own = function(e) return e.count == 32 and 0 / 0 or 1 end },
}
