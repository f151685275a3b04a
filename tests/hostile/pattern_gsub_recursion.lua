-- plan, exit 3: the recipe failed:
local function f(s) return (string.gsub(s, '.', f)) end
f('aaaa')
