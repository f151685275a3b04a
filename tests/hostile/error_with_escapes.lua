-- plan, exit 3: \27[2J
error('\27[2J\27]0;title\7')
