-- plan, exit 3: used too much memory
local s = string.rep('x', 1000)
while true do s = string.format('%s%s', s, s) end
