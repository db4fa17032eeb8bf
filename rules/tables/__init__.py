"""CMS's editions on disk and what is in force on a date; never the applying of an edit."""
