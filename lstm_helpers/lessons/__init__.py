"""One folder for each lesson, named by its notebook's stem without the number; and the pages beside the lessons."""
