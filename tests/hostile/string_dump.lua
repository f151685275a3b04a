-- plan, exit 3: unknown function of string 'dump'
string.dump(function() end)
