-- plan, exit 3: used too much memory
local s = string.rep('x', 1e9)
