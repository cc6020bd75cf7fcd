"""Many calls with handoffs, and agents killed among them."""
