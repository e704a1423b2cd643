"""What every domain stands on and that knows no word of the domain."""
