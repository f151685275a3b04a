-- plan, exit 3: the recipe ran away
string.find(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40))
