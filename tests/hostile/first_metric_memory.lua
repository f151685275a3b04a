-- run, nothing saved, exit 3: metric 'own' of 'new' used too much memory
return require 'base' {
  metrics = { own = function(e)
    local t = {}
    while e.count == 32 do t[#t + 1] = { e.count } end
    return 1
  end },
}
