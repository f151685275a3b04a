-- plan, exit 3: the recipe failed:
local t = setmetatable({}, { __index = function(self, key) return self[key] end })
local x = t.x
