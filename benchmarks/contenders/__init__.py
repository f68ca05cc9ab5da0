"""Other ways to read the same export, each as its users write it; each is started as a script."""
