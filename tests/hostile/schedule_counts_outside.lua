-- plan, exit 3: schedule changes 'count'
local count = 0
return require 'base' {
  schedule = function(s) count = count + 1 return 1 end,
}
