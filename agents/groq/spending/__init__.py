"""What we ask of Groq, counted where it is sent."""
