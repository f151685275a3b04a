-- plan, exit 3: schedule returned the factor nan
return require 'base' {
  schedule = function(s) return 0 / 0 end,
}
