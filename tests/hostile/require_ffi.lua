-- plan, exit 3: no module 'ffi'
local ffi = require 'ffi'
