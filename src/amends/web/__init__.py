"""What all of HTTP has in common, and the pages that belong to no domain."""
