"""`python -m operators.cli`: the `baton` command, in case it is not on the PATH."""

from operators.cli import main

main()
