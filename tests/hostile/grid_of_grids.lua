-- plan, exit 3: the grid's recipe returns another grid
local grid
local function make() return grid end
grid = require 'engram'.grid { over = { n = { 1 } }, recipe = make }
return grid
