-- plan, exit 3: is no UTF-8 text
return require 'base' {
  stop = function(h) h.state.s = '\255' end,
}
