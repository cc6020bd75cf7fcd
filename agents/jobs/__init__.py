"""What one job does: answer a call, take one over, or recover one."""
