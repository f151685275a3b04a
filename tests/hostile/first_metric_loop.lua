-- run, nothing saved, exit 3: metric 'own' of 'new' ran away
return require 'base' {
  metrics = { own = function(e)
    while e.count == 32 do end
    return 1
  end },
}
