"""`make groq`: tries a real key, and says where Groq differs from the stand-in."""
