-- plan, exit 3: cannot change a protected metatable
setmetatable(math, {})
