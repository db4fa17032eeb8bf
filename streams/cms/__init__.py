"""Official files of CMS and the National Library of Medicine to dated folders of parameters; never a lookup that coding uses."""
