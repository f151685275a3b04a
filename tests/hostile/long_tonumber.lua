-- plan, exit 3: the recipe ran away
local s = string.rep('1', 2e7)
while true do tonumber(s) end
