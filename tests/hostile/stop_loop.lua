-- plan, exit 3: stop ran away
return require 'base' {
  stop = function(h) while true do end end,
}
