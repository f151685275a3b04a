-- plan, exit 3: the recipe ran away
local m = { __lt = function() while true do end end }
local a, b = setmetatable({}, m), setmetatable({}, m)
local x = a < b
