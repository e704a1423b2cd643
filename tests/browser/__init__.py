"""Every flow of the pages in a real browser: Debian's chromium, the real server and worker, a real database."""
