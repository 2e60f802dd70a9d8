"""How the app is put on a server: the files for it are read, and what they say is done."""
