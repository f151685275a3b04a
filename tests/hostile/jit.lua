-- plan, exit 3: 'jit' is not available here
jit.on()
