-- plan, exit 3: \255\254
error('\255\254\0')
