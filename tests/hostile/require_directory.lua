-- plan, exit 3: no module 'directory'
require 'directory'
