"""What the templates of the pages can say beside Django's own tags."""
