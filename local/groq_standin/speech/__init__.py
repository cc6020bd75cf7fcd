"""The stand-in's speech: transcription and synthesis."""
