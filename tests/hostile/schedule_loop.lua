-- plan, exit 3: schedule ran away
return require 'base' {
  schedule = function(s) while true do end end,
}
