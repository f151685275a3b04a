-- plan, exit 3: 'collectgarbage' is not available here
collectgarbage('stop')
