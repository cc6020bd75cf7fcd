"""`python -m operators.cli`: the `baton` command, for when it is not on the PATH."""

from operators.cli import main

main()
