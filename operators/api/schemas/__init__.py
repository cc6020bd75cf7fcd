"""What the API takes and returns: request and response bodies, pagination, problem documents."""
