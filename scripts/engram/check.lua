-- The standard library's functions are declared here, once each: the declaration checks what a recipe hands over, and
-- it is what the documentation, the editor types and the test of all examples are made from.
--
--   schedule.linear = check.declare {
--     name = "schedule.linear",              -- how a recipe writes it: module, dot, function
--     about = "Falls in a straight line.",   -- one or two sentences
--     example = "schedule.linear { warmup = 0.1 }",   -- an expression; modules stand under their own names
--     returns = "schedule",                  -- "schedule", "stopping rule", "score", "metric"
--     options = {                            -- what it takes, in the order of the documentation
--       { "warmup", kind = "number", least = 0, default = 0, about = "..." },
--     },
--     make = function(options, place) ... end,
--   }
--
-- An option is { name, kind =, about =, default =, ... }; without a default it is compulsory, unless optional = true.
--   kind = "number"     least =, most = (both included), whole = true
--   kind = "string"     one_of = { ... }
--   kind = "boolean"
--   kind = "function"   a schedule or a rule, the recipe's own ones included
--   kind = "list"       a table whose entries `make` looks at
--   kind = "metric"     "set.metric"; `make` gets { name = "set.metric", read = function(sets) ... end } (check/measure.lua)
-- Instead of options a function may take one of these, each { kind =, noun =, about = } with the limits above:
--   entries = ...       a list, such as the rules of stop.any { rule, rule }; `make` gets the list
--   names = ...         names that the recipe chooses, such as score.weighted { ["new.accuracy"] = 1 }; `make` gets
--                       the table as written
--   argument = ...      one plain value, such as score.expression "..."; `make` gets it
-- `place` is "file:line" of the call, for check.fail(place, text).
--
-- check.declared lists the declarations of all modules that have been required, in that order;
-- check.topics lists the modules: { name = "schedule", about = "..." }, made by check.topic.

local fail = require "engram.check.fail"
local host = require "engram.host"
local measure = require "engram.check.measure"

local check = { declared = {}, topics = {}, fail = fail }

local metric_form = "(allowed: a set and one of its metrics, such as \"original.accuracy\")"

-- The reader of a metric that stands elsewhere than in an option; `name` is the function's.
function check.metric(name, path, place)
  if not measure.split(path) then
    fail(place, name .. ": '" .. path .. "' is no metric " .. metric_form)
  end
  return measure.reader(path, place)
end

local function number_fault(value, rule)
  if not (value >= (rule.least or -math.huge) and value <= (rule.most or math.huge)) then
    local least = rule.least and "from " .. rule.least or "up"
    return "(allowed: " .. least .. (rule.most and " to " .. rule.most or " on") .. ")"
  end
  return rule.whole and value ~= math.floor(value) and "(allowed: a whole number)"
end

local function choice_fault(value, choices)
  for _, choice in ipairs(choices) do
    if value == choice then return nil end
  end
  return "(allowed: " .. table.concat(choices, ", ") .. ")" .. host.did_you_mean(value, choices)
end

local lua_type = { metric = "string", list = "table" }

-- What is wrong with a value by its rule; nil where nothing is.
local function value_fault(name, value, rule)
  local expected = lua_type[rule.kind] or rule.kind
  if type(value) ~= expected then
    return name .. " is a " .. type(value) .. " " ..
      (rule.kind == "metric" and metric_form or "(allowed: a " .. expected .. ")")
  end
  local wrong
  if rule.kind == "number" then wrong = number_fault(value, rule) end
  if rule.one_of then wrong = choice_fault(value, rule.one_of) end
  if rule.kind == "metric" and not measure.split(value) then wrong = metric_form end
  if not wrong then return nil end
  return name .. " is " .. (type(value) == "string" and "'" .. value .. "'" or value) .. " " .. wrong
end

local function ready(value, rule, place)
  return rule.kind == "metric" and measure.reader(value, place) or value
end

-- Each reader returns what `make` gets, and a text of what is wrong.
local read = {}

function read.options(declaration, given, place)
  if given == nil then given = {} end
  if type(given) ~= "table" then
    return nil, " takes a table of options, such as " .. declaration.name .. " { ... }"
  end
  local known, rules, faults, options = {}, {}, {}, {}
  for _, rule in ipairs(declaration.options) do
    known[#known + 1] = rule[1]
    rules[rule[1]] = rule
  end
  for key in pairs(given) do
    if type(key) ~= "string" then
      faults[#faults + 1] = "an option without a name"
    elseif not rules[key] then
      faults[#faults + 1] = "unknown option '" .. key .. "'" .. host.did_you_mean(key, known)
    end
  end
  for _, rule in ipairs(declaration.options) do
    local name, value = rule[1], given[rule[1]]
    local fault
    if value ~= nil then
      fault = value_fault(name, value, rule)
    elseif rule.default == nil and not rule.optional then
      fault = name .. " is missing"
    end
    faults[#faults + 1] = fault
    if value == nil then value = rule.default end
    if value ~= nil and not fault then options[name] = ready(value, rule, place) end
  end
  local allowed = #known > 0 and "Options: " .. table.concat(known, ", ") or "It takes no options"
  return options, #faults > 0 and ": " .. table.concat(faults, "; ") .. ". " .. allowed
end

function read.entries(declaration, given, place)
  local rule, list = declaration.entries, {}
  if type(given) ~= "table" or #given == 0 then
    return nil, " takes a list of " .. rule.noun .. "s, such as " .. declaration.example
  end
  for key, value in pairs(given) do
    local fault = value_fault("entry " .. tostring(key), value, rule)
    if rule.kind == "function" and fault then fault = string.gsub(fault, "a function", "functions only") end
    if type(key) ~= "number" then fault = "entry " .. key .. " has a name (allowed: a list without names)" end
    if fault then return nil, ": " .. fault end
    list[#list + 1] = ready(value, rule, place)
  end
  return list
end

function read.names(declaration, given, place)
  local rule, values = declaration.names, {}
  if type(given) ~= "table" then
    return nil, " takes a table of " .. rule.noun .. "s, such as " .. declaration.example
  end
  local count = 0
  for key, value in pairs(given) do
    local fault = value_fault(tostring(key), value, rule)
    if type(key) ~= "string" then fault = "entry " .. tostring(key) .. " has no name (allowed: names)" end
    if fault then return nil, ": " .. fault .. ", such as " .. declaration.example end
    values[key] = ready(value, rule, place)
    count = count + 1
  end
  if count == 0 then return nil, " takes at least one " .. rule.noun .. ", such as " .. declaration.example end
  return values
end

function read.argument(declaration, given)
  local fault = value_fault("its argument", given, declaration.argument)
  return given, fault and ": " .. fault .. ", such as " .. declaration.example
end

function check.topic(topic)
  check.topics[#check.topics + 1] = topic
  return {}
end

function check.declare(declaration)
  check.declared[#check.declared + 1] = declaration
  local form
  for _, name in ipairs { "options", "entries", "names", "argument" } do form = declaration[name] and name or form end
  return function(given)
    local place = host.place(1)
    -- Tables of the host hide their metatable: this function stands in the recipe where its result should.
    if type(given) == "table" and getmetatable(given) == false then
      fail(place, declaration.name .. " stands in the recipe without a call. Fix: write " .. declaration.example)
    end
    local value, fault = read[form](declaration, given, place)
    if fault then fail(place, declaration.name .. fault) end
    local made = declaration.make(value, place)
    return made
  end
end

return check
