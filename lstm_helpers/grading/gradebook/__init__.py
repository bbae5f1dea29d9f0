"""What is known of a class: the store, the tables that an instructor writes, and those that are written."""
