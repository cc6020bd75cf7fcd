"""`make bench-operators`: how soon a caller hears an operator's act, and another operator sees it."""
