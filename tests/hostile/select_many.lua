-- plan, exit 3: the recipe ran away
while true do select('#', unpack({}, 1, 7000)) end
