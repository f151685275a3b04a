-- plan, exit 3: no module 'device'
require 'device'
