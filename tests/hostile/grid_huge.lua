-- plan, exit 3: over makes more than 1,000 points
local many = {}
for i = 1, 40 do many[i] = i end
return require 'engram'.grid { over = { a = many, b = many }, recipe = function() end }
