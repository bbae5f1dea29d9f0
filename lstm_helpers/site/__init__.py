"""The course as a folder that any web server can serve: a book, and the course itself in the browser."""
