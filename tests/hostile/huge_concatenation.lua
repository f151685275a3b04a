-- plan, exit 3: used too much memory
local s = 'x'
while true do s = s .. s end
