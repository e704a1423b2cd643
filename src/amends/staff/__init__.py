"""Staff in a browser: signing in, their own profile and security, the accounts that they see, their teams."""
