"""Letters as one HTML page: it stands alone, runs nothing, fetches nothing, and breaks between stays when printed."""
