-- plan, exit 3: metric 'own' of 'new' returned nan
return require 'base' {
  metrics = { own = function(e) return 0 / 0 end },
}
