"""What one job does: answer a call, take a caller out of the line, take a call over, or recover one."""
