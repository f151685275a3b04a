-- plan, exit 3: the recipe failed:
local function f() table.sort({ 3, 2, 1 }, f) end
f()
