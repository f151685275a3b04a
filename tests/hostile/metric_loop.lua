-- plan, exit 3: metric 'own' of 'new' ran away
return require 'base' {
  metrics = { own = function(e) while true do end end },
}
