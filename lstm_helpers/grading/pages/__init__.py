"""What is shown of a class: report, feedback, similar notebooks, and what a person should look at."""
