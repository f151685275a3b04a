-- plan, exit 3: h.state.f is a function, which a checkpoint cannot keep
return require 'base' {
  stop = function(h) h.state.f = print end,
}
