-- plan, exit 3: module 'require_itself' requires itself
require 'require_itself'
