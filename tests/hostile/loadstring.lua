-- plan, exit 3: 'loadstring' is not available here
loadstring('\27LJ')()
