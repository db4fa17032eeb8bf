"""What an operator or a coder does to the running stream from outside: replay rejects, restore a stay."""
