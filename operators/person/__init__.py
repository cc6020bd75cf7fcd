"""What is stored about one caller: found, and put together for them."""
