"""Generated requests at every operation of the OpenAPI document: short in the suite, long with `make fuzz`."""
