-- plan, exit 3: the recipe failed:
local t = setmetatable({}, { __tostring = function(self) return tostring(self) end })
tostring(t)
