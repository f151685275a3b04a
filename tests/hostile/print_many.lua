-- plan, exit 3: the recipe ran away
local s = string.rep('x', 2e7)
while true do print(s, s, s, s, s, s, s, s, s, s, s, s) end
