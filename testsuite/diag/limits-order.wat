(module (table 10 5 funcref))
