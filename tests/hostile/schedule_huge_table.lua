-- plan, exit 3: schedule returned unknown
return require 'base' {
  schedule = function(s)
    local t = {}
    for i = 1, 1e5 do t['k' .. i] = i end
    return t
  end,
}
