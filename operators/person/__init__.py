"""What is held of one caller: found, and put together for them."""
