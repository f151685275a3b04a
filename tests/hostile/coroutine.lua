-- plan, exit 3: 'coroutine' is not available here
coroutine.wrap(function() while true do end end)()
