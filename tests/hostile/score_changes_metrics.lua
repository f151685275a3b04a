-- plan, exit 3: a script may not change 'accuracy' here
return require 'base' {
  score = function(m) m.new.accuracy = 1 return 1 end,
}
