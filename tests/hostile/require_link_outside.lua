-- plan, exit 3: no module 'link'
require 'link'
