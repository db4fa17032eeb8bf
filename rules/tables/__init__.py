"""CMS's editions on disk and what is in force on a date. ``claim`` applies the edits."""
