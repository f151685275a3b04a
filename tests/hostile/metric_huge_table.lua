-- plan, exit 3: metric 'own' of 'new' returned more than 1,000 numbers
return require 'base' {
  metrics = { own = function(e)
    local t = {}
    for i = 1, 1e5 do t['k' .. i] = i end
    return t
  end },
}
