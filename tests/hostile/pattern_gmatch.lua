-- plan, exit 3: the recipe ran away
for word in string.gmatch(string.rep('a', 30000), '(.-)(.-)(.-)b') do end
