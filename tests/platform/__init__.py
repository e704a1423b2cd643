"""The tests of the platform's pages: its staff in browsers, on a real server."""  # noqa: A005 (mirrors the tree)
