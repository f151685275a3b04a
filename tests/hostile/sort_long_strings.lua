-- plan, exit 3: the recipe ran away
local t, s = {}, string.rep('x', 1e7)
for i = 1, 1e5 do t[i] = s end
table.sort(t)
