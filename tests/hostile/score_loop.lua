-- plan, exit 3: score ran away
return require 'base' {
  score = function(m) while true do pcall(error) end end,
}
