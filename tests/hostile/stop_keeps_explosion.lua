-- plan, exit 3: is beyond the 100,000th entry
return require 'base' {
  stop = function(h)
    local t = { 1 }
    for depth = 1, 6 do
      local wide = {}
      for i = 1, 1000 do wide[i] = t end
      t = wide
    end
    h.state.t = t
  end,
}
