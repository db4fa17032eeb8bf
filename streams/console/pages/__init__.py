"""The pages, a module each: what an address shows and what a form does."""
