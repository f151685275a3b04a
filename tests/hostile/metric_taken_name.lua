-- plan, exit 3: gives 'macro_f1', a name that is taken
return require 'base' {
  metrics = { macro = function(e) return { f1 = 1 } end },
}
