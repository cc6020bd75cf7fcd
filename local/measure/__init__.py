"""What is measured at the caller's ear: who sounds when, silence, and the recording."""
