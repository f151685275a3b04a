-- plan, exit 3: the recipe ran away
local t = {}
for i = 1, 1e5 do t[i] = i end
table.sort(t, function(a, b) return #string.rep('x', 1e6) > 0 and a < b end)
