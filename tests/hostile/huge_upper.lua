-- plan, exit 3: the recipe ran away
local s = string.rep('x', 5e6)
while true do s = string.upper(s) end
