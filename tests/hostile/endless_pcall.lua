-- plan, exit 3: the recipe ran away
while true do pcall(function() while true do end end) end
