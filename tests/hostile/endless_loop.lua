-- plan, exit 3: the recipe ran away
while true do end
