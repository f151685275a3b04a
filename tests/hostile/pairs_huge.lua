-- plan, exit 3: the recipe ran away
local t = {}
for i = 1, 1e5 do t[i] = i end
while true do pairs(t) end
