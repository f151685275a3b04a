-- plan, exit 3: stop used too much memory
return require 'base' {
  stop = function(h) local t = {} while true do t[#t + 1] = {} end end,
}
