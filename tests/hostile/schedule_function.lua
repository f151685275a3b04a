-- plan, exit 3: schedule returned a function
return require 'base' {
  schedule = function(s) return print end,
}
