"""One folder for each project, named by its notebook."""
