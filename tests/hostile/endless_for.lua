-- plan, exit 3: the recipe ran away
for i = 1, math.huge do end
