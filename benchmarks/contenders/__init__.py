"""Other programs that read the same export, written as their users would; each is a script."""
