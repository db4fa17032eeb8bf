"""Files in, charge sets out, in bounded memory and several processes: what code and explain share. No terminal."""
