-- plan, exit 3: used too much memory
local t = {}
for i = 1, 1000 do t[i] = 'x' end
local s = table.concat(t, string.rep('y', 1e6))
