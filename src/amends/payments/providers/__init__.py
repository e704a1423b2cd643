"""The ways to move money. `port.py` is what a provider can do; each other module is one provider."""
