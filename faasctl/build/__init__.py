"""What goes into an environment, an image or an archive, and how it is made."""
