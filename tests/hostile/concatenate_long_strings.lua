-- plan, exit 3: the recipe ran away
local a = string.rep('x', 1e7)
while true do local b = a .. 'y' end
