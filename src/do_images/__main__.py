"""`python -m do_images` is the command `do-images`."""

from do_images.cli import main

main()
