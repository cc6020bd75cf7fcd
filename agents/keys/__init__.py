"""The keys of telephones: digits that a role asks for, a menu where speech fails, keys pressed for a menu."""
