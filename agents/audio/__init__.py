"""Audio: prerendered prompts, hold music, silence trimming and voice activity detection."""
