-- plan, exit 3: the recipe ran away
while true do print(string.rep('x', 1e6)) end
