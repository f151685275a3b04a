-- plan, exit 3: the recipe ran away
local t = setmetatable({}, { __concat = function() while true do end end })
local x = t .. 'a'
