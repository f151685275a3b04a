-- plan, exit 3: has a key that is a table
local t = require 'base' {}
t[{}] = 1
return t
