"""What lasts: objects, links, and the database that they are in."""
