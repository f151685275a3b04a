-- plan, exit 3: the recipe ran away
local a = string.rep('x', 1e7) .. 'a'
local b = string.rep('x', 1e7) .. 'b'
while a < b do end
