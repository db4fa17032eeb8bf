"""How records come out of a broker: committed ones alone, each stretch of a partition whole, damaged ones told by place."""
