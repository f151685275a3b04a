-- plan, exit 3: unknown name 'newproxy'
local proxy = newproxy(true)
