-- plan, exit 3: used too much memory
local t = {}
while true do t[#t + 1] = {} end
