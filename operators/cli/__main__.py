"""`python -m operators.cli`: the `baton` command, where it is not on the PATH."""

from operators.cli import main

main()
