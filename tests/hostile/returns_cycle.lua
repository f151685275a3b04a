-- plan, exit 3: holds tables more than 20 deep, or more than 10,000 entries
local t = require 'base' {}
t.train = t
return t
