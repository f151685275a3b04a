-- plan, exit 3: stop changes 'shared'
local shared = { factor = 1 }
return require 'base' {
  schedule = function(s) return shared.factor end,
  stop = function(h) shared.factor = 2 end,
}
