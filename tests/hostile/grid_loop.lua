-- plan, exit 3: the grid's recipe ran away
return require 'engram'.grid { over = { n = { 1 } }, recipe = function() while true do end end }
