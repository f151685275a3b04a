-- plan, exit 3: the recipe ran away
local function f() pcall(f) pcall(f) end
f()
