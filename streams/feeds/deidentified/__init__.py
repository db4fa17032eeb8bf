"""Events of real stays as data that can be shared: keyed ids, dates shifted by whole weeks, known words alone. Pure."""
