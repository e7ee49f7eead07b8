"""One module for each thing outside the process: DynamoDB, S3, Step Functions, Secrets Manager, DashScope."""
