-- plan, exit 3: model is a string of 1,000,000 bytes allowed: at most 10,000
return require 'base' { model = string.rep('x', 1e6) }
