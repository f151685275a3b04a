-- Checks that the standard library makes of its own arguments, so that a mistake is refused at the recipe's line.

local host = require "engram.host"

local check = {}

local function sorted_keys(table_)
  local keys = {}
  for key in pairs(table_) do keys[#keys + 1] = key end
  return keys
end

local function kind_fault(name, value, rule)
  if type(value) ~= rule.kind then
    return name .. " is a " .. type(value) .. " (allowed: a " .. rule.kind .. ")"
  end
  if rule.kind == "number" and not (value >= (rule.least or -math.huge) and value <= (rule.most or math.huge)) then
    local most = rule.most and " to " .. rule.most or " on"
    return name .. " is " .. value .. " (allowed: from " .. (rule.least or "-inf") .. most .. ")"
  end
  if rule.whole and value ~= math.floor(value) then
    return name .. " is " .. value .. " (allowed: a whole number)"
  end
end

-- Options of a library function: `given` is what the recipe wrote, `rules` maps each option's name to
-- { kind = "number" | "string", least =, most =, whole =, default = }; an option without a default is compulsory.
-- Returns the options with the defaults filled in, and the place in the recipe for later error texts.
function check.options(name, given, rules)
  local place = host.place(2)
  if given == nil then given = {} end
  if type(given) ~= "table" then
    error(name .. " takes a table of options, such as " .. name .. " { ... }", 3)
  end
  local faults, options = {}, {}
  local known = sorted_keys(rules)
  for key in pairs(given) do
    if type(key) ~= "string" then
      faults[#faults + 1] = "an option without a name"
    else
      local rule
      for _, option in ipairs(known) do rule = rule or (option == key and rules[option]) end
      if not rule then
        faults[#faults + 1] = "unknown option '" .. key .. "'" .. host.did_you_mean(key, known)
      end
    end
  end
  for _, option in ipairs(known) do
    local value, rule = given[option], rules[option]
    if value == nil then
      options[option] = rule.default
      if rule.default == nil then faults[#faults + 1] = option .. " is missing" end
    else
      options[option] = value
      faults[#faults + 1] = kind_fault(option, value, rule)
    end
  end
  if #faults > 0 then
    error(name .. ": " .. table.concat(faults, "; ") .. ". Options: " .. table.concat(known, ", "), 3)
  end
  return options, place
end

local function look_up(names, wanted, kind, place)
  local known = {}
  for name, value in pairs(names) do
    if name == wanted then return value end
    known[#known + 1] = name
  end
  error(place .. ": unknown " .. kind .. " '" .. wanted .. "'" .. host.did_you_mean(wanted, known), 0)
end

-- Measures of which less is better; their sign is flipped, so that larger is better for every reader.
local falling = { loss = true, kl = true, drift = true }

-- "original.accuracy" -> a function that reads it from a table of sets, larger is better. `name` and `option` say in
-- error texts whose option it is; `place` is where the recipe wrote it.
function check.metric(name, option, path, place)
  local set, metric = string.match(path, "^([^.]+)%.([^.]+)$")
  if not set then
    error(place .. ": " .. name .. ": " .. option .. " is '" .. path .. "' (allowed: a set and one of its metrics, " ..
      "such as \"original.accuracy\")", 0)
  end
  local sign = falling[metric] and -1 or 1
  return function(sets)
    return sign * look_up(look_up(sets, set, "evaluation set", place), metric, "metric of " .. set, place)
  end
end

-- A list of functions, such as the rules of stop.any.
function check.functions(name, given)
  if type(given) ~= "table" or #given == 0 then
    error(name .. " takes a list of rules, such as " .. name .. " { rule, rule }", 3)
  end
  local list = {}
  for key, value in pairs(given) do
    if type(key) ~= "number" or type(value) ~= "function" then
      error(name .. ": entry " .. tostring(key) .. " is a " .. type(value) .. " (allowed: functions only)", 3)
    end
    list[#list + 1] = value
  end
  return list
end

return check
