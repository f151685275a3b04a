-- plan, exit 3: metric 'own' changes 'kept'
local kept = {}
return require 'base' {
  metrics = { own = function(e) kept[#kept + 1] = e return 1 end },
}
