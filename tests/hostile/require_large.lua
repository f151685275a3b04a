-- plan, exit 3: module 'large' is larger than 1 MB
require 'large'
