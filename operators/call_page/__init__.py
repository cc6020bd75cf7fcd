"""The page /call, where anybody may call without signing in: its files, its limits, and its tokens."""
