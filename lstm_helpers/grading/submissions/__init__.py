"""From the folder or zip that a platform hands out to the code of each notebook."""
