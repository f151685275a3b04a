-- plan, exit 3: unknown function of math 'xxxx
local x = math[string.rep('x', 2e7)]
