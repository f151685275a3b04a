-- plan, exit 3: a script may not change 'linear' here: this table is read-only
local schedule = require 'engram.schedule'
schedule.linear = nil
