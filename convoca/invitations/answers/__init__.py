"""What the invited see behind their link, what they answer, and how they stand."""
