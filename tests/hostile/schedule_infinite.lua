-- plan, exit 3: schedule returned the factor inf
return require 'base' {
  schedule = function(s) return 1 / 0 end,
}
