-- Reading metrics that a recipe names as "set.metric", such as "original.accuracy".

local fail = require "engram.check.fail"
local host = require "engram.host"

local measure = {}

-- The set and the metric; nil when the text has another form. Names of own metrics may hold dots.
function measure.split(path)
  return string.match(path, "^([^.]+)%.(.+)$")
end

local function index(sets, set, metric) return sets[set][metric] end

-- { name = path, set =, metric =, raw = function(sets), read = function(sets), falls = function() }. `raw` gives the
-- number as it was measured; `read` flips the sign of a metric of which less is better, so that larger is better for
-- every reader. `place` is where the recipe wrote it, for names that are not measured.
function measure.reader(path, place)
  local set, metric = measure.split(path)
  local reader = { name = path, set = set, metric = metric }

  function reader.raw(sets)
    local found, value = pcall(index, sets, set, metric)
    if found then return value end
    fail(place, string.match(value, "unknown .*$") or value)
  end

  function reader.falls() return host.smaller_is_better(metric) end

  function reader.read(sets)
    local value = reader.raw(sets)
    return reader.falls() and -value or value
  end

  return reader
end

return measure
