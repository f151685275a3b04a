-- plan, exit 3: unknown key 1.5
local t = require 'base' {}
t[1.5] = 1
return t
