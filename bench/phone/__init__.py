"""The benchmark of telephones."""
