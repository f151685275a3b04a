-- plan, exit 3: 'debug' is not available here
debug.sethook()
