-- plan, exit 3: 'load' is not available here
load('while true do end')()
