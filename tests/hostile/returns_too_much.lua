-- plan, exit 3: holds tables more than 20 deep, or more than 10,000 entries
local t = {}
for i = 1, 2e4 do t['k' .. i] = i end
return t
