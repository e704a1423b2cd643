"""What holds for every request and every page: errors, limits, OpenAPI, health, the base of the pages."""
