-- What recipes get by require "engram": the grid.

---@class engram.library
local engram = {}

-- A sweep: one recipe for each combination of the values in `over`, run one after the other into folders named after
-- the point, such as rank=4,rate=1e-05. `recipe` is called with the values of each point.
--   local engram = require "engram"
--   return engram.grid {
--     over = { rate = { 1e-5, 5e-5 }, rank = { 4, 8 } },
--     recipe = function(p)
--       return { model = "models/news", strategies = { { "lora", rank = p.rank } }, train = { learning_rate = p.rate } }
--     end,
--   }
function engram.grid(options)
  if type(options) ~= "table" then
    error("engram.grid takes a table: engram.grid { over = { rate = { 1e-5, 5e-5 } }, recipe = function(p) ... end }", 2)
  end
  local grid = { over = {} }
  for key, value in pairs(options) do grid[key] = value end
  return grid
end

return engram
