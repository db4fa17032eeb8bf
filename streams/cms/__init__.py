"""CMS's quarterly files to dated folders of parameters; never a lookup that coding uses."""
