"""What is asked of Groq, counted where it is sent."""
