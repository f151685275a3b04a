-- Lengths as recipes write them: below 1 a share of all steps, from 1 on a number of steps.

local span = {}

-- Whole steps; shares are rounded up.
function span.steps(length, steps)
  return length < 1 and math.ceil(steps * length) or length
end

return span
