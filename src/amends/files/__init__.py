"""What people upload: received, inspected, cleaned, stored, attached once, and handed out by signed addresses."""
